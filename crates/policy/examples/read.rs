//! Prints what is read from policy files: `cargo run -p menshen-policy --example read FILE...`.

use menshen_policy::Policy;

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let (policy, issues) = Policy::read(&bytes, &path);
        for issue in issues {
            println!("{path}: {} {}", issue.kind.code, issue.detail);
        }
        if let Some(policy) = policy {
            print(&policy);
        }
    }
}

fn print(policy: &Policy) {
    println!("{:?} {:?} {:?}", policy.format, policy.language, policy.title);
    println!("{:?}", policy.dates);
    for (index, sentence) in policy.sentences.iter().enumerate() {
        println!("{index:4} {:?} [{}] {}", sentence.kind, sentence.section, sentence.text);
    }
    for said in &policy.statements {
        println!(
            "{:4} {:?} {:?} {} | for {:?} {:?} | by {:?} | how {:?} | permission {:?}",
            said.sentence,
            said.kind,
            said.polarity,
            said.information.join(" "),
            said.purposes,
            said.purpose_text,
            said.third_party,
            said.means,
            said.permission
        );
    }
    for sdk in &policy.sdks {
        println!("SDK {sdk:?}");
    }
    for permission in &policy.permissions {
        println!(
            "PERMISSION {} {:?} {:?} {:?} {:?}",
            permission.permission,
            permission.polarity,
            permission.purpose,
            permission.sdk,
            permission.sentence
        );
    }
    println!("{:?}\n{:?}\n{:?}", policy.contact, policy.response_times, policy.retention);
    for (topic, evidence) in &policy.topics {
        let all: Vec<String> = evidence
            .iter()
            .map(|e| {
                format!(
                    "{}{}",
                    e.sentence,
                    match e.polarity {
                        menshen_policy::Polarity::Affirmed => "",
                        menshen_policy::Polarity::Denied => "-",
                        menshen_policy::Polarity::Conditional => "?",
                    }
                )
            })
            .collect();
        println!("{topic}: {}", all.join(" "));
    }
    println!("collected {:?}", policy.collected().collect::<Vec<_>>());
    println!("denied {:?}", policy.denied().collect::<Vec<_>>());
}
