//! The arguments of every command.

use clap::{Args, Parser, Subcommand, ValueEnum};
use menshen_base::Lang;
use std::path::PathBuf;

/// 门神 — security testing of mobile applications
#[derive(Debug, Parser)]
#[command(name = "menshen", version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Test Android apps and SDKs and judge them by a baseline / 检测应用并按基线判定
    Scan(ScanArguments),
    /// Judge an app clause by clause against rules on personal information / 个人信息合规逐条判定
    Comply(ComplyArguments),
    /// List, show, check and test rules / 查看、检查和测试规则
    Rules(RulesArguments),
    /// Explain a rule: what is wrong, why, how to fix it / 解释一条规则
    Explain(ExplainArguments),
    /// Print a completion script / 输出命令补全脚本
    Completions {
        shell: clap_complete::Shell,
    },
    /// Print the manual page / 输出手册页
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// APK, split set (folder, .apks, .xapk, .apkm), AAB, AAR, JAR, or folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How much to spend
    #[arg(long, value_enum, default_value_t)]
    pub(crate) depth: Depth,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Write the report to this file instead of standard output
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Folder of further rules; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Baseline file: what stops a release
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Earlier JSON report whose findings are accepted
    #[arg(long, value_name = "REPORT")]
    pub(crate) accept: Option<PathBuf>,
    /// Language of the report; by default that of the environment
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// JSON: print the facts too
    #[arg(long)]
    pub(crate) facts: bool,
    /// Number of threads; by default one for each processor
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// The day that expiry dates are compared with, 2026-11-25; by default today
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
    /// Print to standard error how long the scan took
    #[arg(long)]
    pub(crate) timings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ComplyArguments {
    /// APK, split set or AAB
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Privacy policy as saved HTML, PDF, DOCX or text, or declarations as YAML
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// One of the 39 types of apps, by name or number: 网络支付
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) app_type: Option<String>,
    /// Documents: 191, 164, 337, 26, necessary, 35273; by default all
    #[arg(long, value_name = "CODES")]
    pub(crate) standard: Vec<String>,
    /// Filled-in checklist
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Behaviour log as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Write the checklist of what is left to a person, and nothing else
    #[arg(long)]
    pub(crate) checklist: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ComplyFormat,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Language of the report; by default that of the environment
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// The day of the report, 2026-11-25; by default today
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ComplyFormat {
    #[default]
    Terminal,
    Json,
    Html,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArguments {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// One line a rule
    List(RuleSelection),
    /// A rule as its file has it
    Show {
        id: String,
        #[command(flatten)]
        selection: RuleSelection,
    },
    /// Check rule files
    Lint(RuleSelection),
    /// Run the tests beside the rules
    Test(RuleSelection),
}

#[derive(Debug, Args)]
pub(crate) struct RuleSelection {
    /// Folder of further rules; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Rule id, for example AND-CRY-001
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) selection: RuleSelection,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// What one pass over the package decides
    Quick,
    #[default]
    Deep,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Terminal,
    Json,
    Sarif,
    Html,
    Cyclonedx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Zh,
    En,
}

/// The chosen language, else that of the environment: Chinese where it says so.
pub(crate) fn language(chosen: Option<Language>) -> Lang {
    match chosen {
        Some(Language::Zh) => Lang::Zh,
        Some(Language::En) => Lang::En,
        None => {
            let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
            if set.is_some_and(|value| value.starts_with("zh")) { Lang::Zh } else { Lang::En }
        }
    }
}
