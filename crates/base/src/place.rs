//! Where something is: an artifact address, and for code the method and instruction.

use serde::{Deserialize, Serialize};

/// A place in an artifact. Nested entries are joined with `!/`:
/// `app.apk!/lib/arm64-v8a/libfoo.so`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Place {
    pub path: String,
    /// Bytes from the start of the innermost entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodePlace>,
}

/// A place in bytecode.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct CodePlace {
    /// Source form of the class name: `com.example.Outer$Inner`.
    pub class: String,
    /// Method or field name with its descriptor: `load(Ljava/lang/String;)V`. Empty for a class.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
    /// Offset of the instruction: 16-bit code units in DEX, bytes in class files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<u32>,
    /// Source line, where debug information has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Place {
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// The same place, seen from the container it lies in.
    #[must_use]
    pub fn within(mut self, container: &str) -> Self {
        self.path = if self.path.is_empty() {
            container.to_owned()
        } else {
            format!("{container}!/{}", self.path)
        };
        self
    }
}
