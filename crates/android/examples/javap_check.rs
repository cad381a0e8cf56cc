//! Compares the instructions of class files with what `javap -c -p` prints for the same files in
//! the same order: `javap -c -p A.class B.class > out.txt; javap_check out.txt A.class B.class`.

use menshen_android::class::{ClassFile, Code, Insn, Opcode, Operands};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(text) = arguments.next().and_then(|path| std::fs::read_to_string(path).ok()) else {
        eprintln!("usage: javap_check JAVAP_OUTPUT CLASS...");
        std::process::exit(2);
    };
    let mut expected = text.lines().filter_map(instruction);
    let (mut compared, mut different) = (0u64, 0u64);
    for path in arguments {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let (class, issues) = ClassFile::parse(&bytes);
        issues.iter().for_each(|issue| println!("{path}: {} {}", issue.kind.code, issue.detail));
        let Some(class) = class else { continue };
        for method in &class.methods {
            let Ok(Some(code)) = class.code(method) else { continue };
            for insn in code.instructions() {
                let ours = write(&code, &insn);
                let theirs = expected.next();
                compared += 1;
                if theirs.as_deref() != Some(&*ours) {
                    different += 1;
                    if different <= 20 {
                        println!("{path}: {ours} | {theirs:?}");
                    }
                }
            }
        }
    }
    println!("{compared} instructions compared, {different} different");
    println!("{} more printed by javap", expected.count());
    std::process::exit(i32::from(different > 0));
}

/// `12: iload 4` of a line of javap; comments left out.
fn instruction(line: &str) -> Option<String> {
    let line = line.split("//").next().unwrap_or_default();
    let (pc, rest) = line.trim().split_once(": ")?;
    pc.parse::<u32>().ok()?;
    let mut words = rest.split_whitespace();
    let name = words.next()?;
    // A case of a switch: `1: 28`.
    if name.parse::<i64>().is_ok() {
        return None;
    }
    if name == "tableswitch" || name == "lookupswitch" {
        return Some(format!("{pc}: {name}"));
    }
    let operands: Vec<&str> = words.map(|word| word.trim_end_matches(',')).collect();
    Some(format!("{pc}: {name} {}", operands.join(" ")).trim_end().to_owned())
}

fn write(code: &Code<'_>, insn: &Insn) -> String {
    let name = insn.op.name();
    let wide = code.bytes.get(insn.pc as usize) == Some(&0xc4);
    let name = if wide { format!("{name}_w") } else { name.to_owned() };
    let (pc, index, literal) = (insn.pc, insn.index, insn.literal);
    let kinds = ["boolean", "char", "float", "double", "byte", "short", "int", "long"];
    match insn.op.operands() {
        Operands::Byte | Operands::Short => format!("{pc}: {name} {literal}"),
        Operands::Local => format!("{pc}: {name} {index}"),
        Operands::Pool8 | Operands::Pool16 => format!("{pc}: {name} #{index}"),
        Operands::Increment => format!("{pc}: {name} {index} {literal}"),
        Operands::Branch16 | Operands::Branch32 => format!("{pc}: {name} {}", insn.target),
        Operands::InvokeInterface => {
            let slots = code.bytes.get(insn.pc as usize + 3).copied().unwrap_or(0);
            format!("{pc}: {name} #{index} {slots}")
        }
        Operands::InvokeDynamic => format!("{pc}: {name} #{index} 0"),
        Operands::MultiArray => format!("{pc}: {name} #{index} {literal}"),
        Operands::ArrayType => {
            let kind = usize::from(index).checked_sub(4).and_then(|at| kinds.get(at));
            format!("{pc}: {name} {}", kind.unwrap_or(&"?"))
        }
        _ => {
            debug_assert_ne!(insn.op, Opcode(0xca));
            format!("{pc}: {name}")
        }
    }
}
