//! Dynamic calls: which method binds them, their arguments, and what a lambda stands for.

use menshen_android::class::ClassFile;
use menshen_android::dex::Dex;
use menshen_flow::ir::{Body, InvokeKind, MethodSig, Op, Symbols};
use menshen_flow::{lower_dex, lower_jvm};

fn text(sig: &MethodSig<'_>) -> String {
    format!("{}.{}{}", sig.class, sig.name, sig.descriptor)
}

fn calls(body: &Body, symbols: &dyn Symbols) -> Vec<(InvokeKind, String, Vec<u32>)> {
    body.insns
        .iter()
        .filter_map(|insn| match &insn.op {
            Op::Invoke { kind, method, args, .. } => {
                Some((*kind, text(&symbols.method(*method)), args.to_vec()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn in_dex() {
    let (dex, _) = Dex::parse(include_bytes!("../../android/tests/data/dex/Rare.dex"));
    let dex = dex.unwrap();
    let symbols = lower_dex::DexSymbols(&dex);
    let class = dex.classes().next().unwrap();
    let method = dex.class_data(&class).unwrap().direct_methods[2];
    let code = dex.code(&method).unwrap().unwrap();
    let descriptor = "(Ljava/lang/invoke/MethodHandle;IJ)V";
    let body = lower_dex::lower(&dex, &code, true, descriptor).unwrap();
    assert_eq!(body.params, [16, 17, 18]);
    assert_eq!(
        calls(&body, &symbols),
        [
            (InvokeKind::Dynamic, "Rare.bootstrap()V".to_owned(), vec![]),
            (InvokeKind::Dynamic, "Rare.bootstrap(IJ)V".to_owned(), vec![17, 18]),
            (
                InvokeKind::Virtual,
                "java.lang.invoke.MethodHandle.invoke([Ljava/lang/Object;)Ljava/lang/Object;"
                    .to_owned(),
                vec![0, 1]
            ),
            (
                InvokeKind::Virtual,
                "java.lang.invoke.MethodHandle.invokeExact([Ljava/lang/Object;)Ljava/lang/Object;"
                    .to_owned(),
                vec![16, 17, 18]
            ),
        ]
    );
    assert_eq!(symbols.lambda_target(0x1_0000), None);
}

#[test]
fn in_class_files() {
    let bytes = include_bytes!("../../android/tests/data/class/Sample.class");
    let (class, _) = ClassFile::parse(bytes);
    let class = class.unwrap();
    let symbols = lower_jvm::ClassSymbols::new(&class);
    let named = |name: &str| {
        class.methods.iter().find(|m| class.pool.utf8(m.name).unwrap().to_str() == name).unwrap()
    };
    let code = class.code(named("run")).unwrap().unwrap();
    let body = lower_jvm::lower(&symbols, &code, false, "()V").unwrap();
    let lambda = body.insns.iter().find_map(|insn| match &insn.op {
        Op::Invoke { kind: InvokeKind::Dynamic, method, .. } => Some(*method),
        _ => None,
    });
    let lambda = lambda.unwrap();
    assert_eq!(
        text(&symbols.method(lambda)),
        "java.lang.invoke.LambdaMetafactory.metafactory()Ljava/util/function/Supplier;"
    );
    let target = symbols.lambda_target(lambda).unwrap();
    assert_eq!(text(&target), "tiny.Sample.lambda$run$0()Ljava/lang/String;");
    // The concatenation is no dynamic call any more.
    let names: Vec<String> = calls(&body, &symbols).into_iter().map(|(_, name, _)| name).collect();
    let builder = names.iter().filter(|name| name.starts_with("java.lang.StringBuilder."));
    assert_eq!(builder.count(), 4, "{names:#?}");
}
