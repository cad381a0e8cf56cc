//! The arguments of every command.

use clap::{Args, Parser, Subcommand, ValueEnum};
use menshen_base::Lang;
use std::path::PathBuf;

/// 门神: security testing of mobile applications / 移动应用安全检测
#[derive(Debug, Parser)]
#[command(name = "menshen", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Test Android apps and SDKs and judge them by a baseline / 检测应用并按基线判定
    Scan(ScanArguments),
    /// Flows of private data from sources to sinks / 数据流：从来源到去向
    Flows(FlowsArguments),
    /// Compare two versions of an app / 比较应用的两个版本
    Diff(DiffArguments),
    /// Judge an app clause by clause against rules on personal information / 个人信息合规逐条判定
    Comply(ComplyArguments),
    /// List, show, check and test rules / 查看、检查和测试规则
    Rules(RulesArguments),
    /// Explain a rule: what is wrong, why, how to fix it / 解释一条规则
    Explain(ExplainArguments),
    /// Print the JSON schema of the report / 输出 JSON 报告的模式
    Schema,
    /// Print a completion script / 输出命令补全脚本
    Completions { shell: clap_complete::Shell },
    /// Print the manual page / 输出手册页
    Man {
        /// Write the pages of all commands into this folder / 把全部手册页写入目录
        #[arg(long, short, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// APK, split set (folder, .apks, .xapk, .apkm), AAB, AAR, JAR, or folders of them / 应用、SDK 或其目录
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How much to look into / 分析深度
    #[arg(long, value_enum, default_value_t)]
    pub(crate) depth: Depth,
    /// Form of the report / 报告格式
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Write to this file instead of standard output / 写入文件
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Folder of further rules; may be given several times / 自有规则目录，可重复
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Baseline file: what stops a release / 基线文件
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Earlier JSON report whose findings are accepted / 接受此前报告中的发现
    #[arg(long, value_name = "REPORT")]
    pub(crate) accept: Option<PathBuf>,
    /// Language of the page; by default that of the environment / 页面语言
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// JSON: print the facts too / 在 JSON 中输出事实
    #[arg(long)]
    pub(crate) facts: bool,
    /// Number of threads; by default one for each processor / 线程数
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// The day that expiry dates are compared with, 2026-11-25; by default today / 判断到期的日期
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
    /// Print to standard error how long it took / 在标准错误输出耗时
    #[arg(long)]
    pub(crate) timings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FlowsArguments {
    /// APKs; several are taken as installed together
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: FlowsFormat,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// List of sources instead of the built-in ones: `class.method` or a Soot signature a line
    #[arg(long, value_name = "FILE")]
    pub(crate) sources: Option<PathBuf>,
    /// List of sinks instead of the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(crate) sinks: Option<PathBuf>,
    /// Also flows of what other apps send to calls that it must not steer
    #[arg(long)]
    pub(crate) untrusted: bool,
    /// Also what branches on private data tell / 含隐式流
    #[arg(long)]
    pub(crate) implicit: bool,
    /// Most operations that are run
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<u64>,
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlowsFormat {
    #[default]
    Terminal,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The earlier version: an app, or its JSON report / 旧版本
    pub(crate) old: PathBuf,
    /// The later version: an app, or its JSON report / 新版本
    pub(crate) new: PathBuf,
    /// How much to look into / 分析深度
    #[arg(long, value_enum, default_value_t)]
    pub(crate) depth: Depth,
    /// Form of the page / 输出格式
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DiffFormat,
    /// Write to this file instead of standard output / 写入文件
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Folder of further rules; may be given several times / 自有规则目录，可重复
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Baseline file: which new findings count / 基线文件
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Language of the page; by default that of the environment / 页面语言
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
    /// Number of threads; by default one for each processor / 线程数
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// The day that expiry dates are compared with, 2026-11-25; by default today / 判断到期的日期
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
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
    /// One line a rule / 每条规则一行
    List(RuleSelection),
    /// A rule as its file has it / 规则文件原文
    Show {
        id: String,
        #[command(flatten)]
        selection: RuleSelection,
    },
    /// Point out errors and probable mistakes / 指出错误和可能的疏漏
    Lint(RuleFolders),
    /// Run the tests beside the rules / 运行规则旁的测试
    Test(RuleTestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RuleFolders {
    /// Folders or files of rules; by default the built-in rules / 规则目录或文件
    #[arg(value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// The same as DIR
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Args)]
pub(crate) struct RuleTestArguments {
    #[command(flatten)]
    pub(crate) which: RuleFolders,
    /// Folder that holds <RULE ID>/<INPUT> of the tests that scan a file
    #[arg(long, value_name = "DIR", default_value = "fixtures/rules")]
    pub(crate) fixtures: PathBuf,
    /// The day that expiry dates are compared with, 2026-11-25; by default today / 判断到期的日期
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RuleSelection {
    /// Folder of further rules; may be given several times / 自有规则目录，可重复
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Rule id, for example AND-CRY-001 / 规则编号
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) selection: RuleSelection,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// What one pass over the package decides / 一遍扫描即可判定的
    Quick,
    /// Everything that Menshen can decide / 能够判定的全部
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    #[default]
    Terminal,
    Json,
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Zh,
    En,
}

impl Depth {
    pub(crate) fn of_scan(self) -> menshen_scan::Depth {
        match self {
            Self::Quick => menshen_scan::Depth::Quick,
            Self::Deep => menshen_scan::Depth::Deep,
        }
    }
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
