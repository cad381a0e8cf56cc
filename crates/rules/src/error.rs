//! What is wrong with a rule file, a rule test or a baseline, with its place.

use crate::node::{Node, Position};
use menshen_base::Text;

/// One thing that is wrong in a file of the user's. The file's other rules stay usable.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleError {
    /// As given by the caller.
    pub path: String,
    /// From 1; 0 when the place within the file is not known.
    pub line: u32,
    pub column: u32,
    pub problem: Text,
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.problem.en)
    }
}

impl std::error::Error for RuleError {}

impl RuleError {
    pub(crate) fn new(path: &str, position: Position, zh: String, en: String) -> Self {
        let Position { line, column } = position;
        Self { path: path.to_owned(), line, column, problem: Text { zh, en } }
    }
}

/// Collects what is wrong with one file.
#[derive(Debug)]
pub(crate) struct Problems<'a> {
    pub(crate) path: &'a str,
    pub(crate) errors: Vec<RuleError>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(path: &'a str) -> Self {
        Self { path, errors: Vec::new() }
    }

    /// Reads the text; `None` and one error when it is not YAML.
    pub(crate) fn parse(&mut self, text: &str) -> Option<Node> {
        match Node::parse_yaml(text) {
            Ok(node) => Some(node),
            Err((position, message)) => {
                self.at(
                    position,
                    format!("不是有效的 YAML：{message}"),
                    format!("not valid YAML: {message}"),
                );
                None
            }
        }
    }

    pub(crate) fn at(&mut self, position: Position, zh: impl Into<String>, en: impl Into<String>) {
        self.errors.push(RuleError::new(self.path, position, zh.into(), en.into()));
    }
}
