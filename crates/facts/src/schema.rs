//! How fact kinds are declared, and how rules look at a fact without knowing its type.

use crate::value::{FieldInfo, Value};
use menshen_base::{Owner, Place};
use serde::Serialize;

/// How a fact was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Read or computed from the artifact without running it.
    #[default]
    Static,
    /// Seen while it ran.
    Observed,
    /// Seen while it ran on a path that was forced.
    Forced,
    /// Brought in from another tool's log.
    Imported,
}

impl How {
    /// As in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Observed => "observed",
            Self::Forced => "forced",
            Self::Imported => "imported",
        }
    }
}

/// One fact with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fact<T> {
    #[serde(flatten)]
    pub data: T,
    pub place: Place,
    pub owner: Owner,
    pub how: How,
}

/// Access to the fields of a fact by position in [`KindInfo::fields`].
pub trait Fields {
    /// The value of the field at `index`, `Value::Null` when absent or out of range.
    fn at(&self, index: usize) -> Value<'_>;
    /// What the fact is about, in one line: a component, a host, a called method.
    fn subject(&self) -> String;
}

/// Name, documentation and fields of one kind of fact.
#[derive(Debug)]
pub struct KindInfo {
    /// As rules write it: `component`.
    pub name: &'static str,
    /// As reports write it: `components`.
    pub list: &'static str,
    pub doc: &'static str,
    pub fields: &'static [FieldInfo],
}

impl KindInfo {
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A fact as the matcher sees it.
#[derive(Clone, Copy)]
pub struct FactView<'a> {
    pub kind: &'static KindInfo,
    pub place: &'a Place,
    pub owner: &'a Owner,
    pub how: How,
    pub fields: &'a dyn Fields,
}

impl<'a> FactView<'a> {
    /// The field by name; `None` if the kind has no such field.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        self.kind.field_index(name).map(|index| self.fields.at(index))
    }
}

impl std::fmt::Debug for FactView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.name, self.fields.subject())
    }
}

/// Declares every kind of fact: the struct, its place in [`Facts`](crate::Facts), and the table
/// by which rules and documentation know it. `subject` names the field or expression that says
/// in one line what the fact is about.
macro_rules! fact_kinds {
    ($(
        $(#[doc = $doc:literal])*
        $kind:literal in $list:ident as $type:ident, subject $subject:expr => {
            $( $(#[doc = $field_doc:literal])* $field:ident: $field_type:ty, )*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(
                Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default,
                serde::Serialize, serde::Deserialize,
            )]
            #[serde(default, deny_unknown_fields)]
            pub struct $type {
                $(
                    $(#[doc = $field_doc])*
                    #[serde(skip_serializing_if = "crate::value::is_absent")]
                    pub $field: $field_type,
                )*
            }

            impl crate::schema::Fields for $type {
                fn at(&self, index: usize) -> crate::value::Value<'_> {
                    let mut position = 0usize;
                    $(
                        if position == index {
                            return crate::value::AsValue::as_value(&self.$field);
                        }
                        position += 1;
                    )*
                    let _ = position;
                    crate::value::Value::Null
                }

                fn subject(&self) -> String {
                    let subject: fn(&$type) -> String = $subject;
                    subject(self)
                }
            }
        )*

        /// All facts of one artifact, one list a kind.
        #[derive(Debug, Clone, Default, serde::Serialize)]
        pub struct Facts {
            $( pub $list: Vec<crate::schema::Fact<$type>>, )*
        }

        /// Every kind, in the order of [`Facts`].
        pub static KINDS: &[crate::schema::KindInfo] = &[
            $( crate::schema::KindInfo {
                name: $kind,
                list: stringify!($list),
                doc: concat!($($doc, "\n"),*),
                fields: &[
                    $( crate::value::FieldInfo {
                        name: stringify!($field),
                        doc: concat!($($field_doc, "\n"),*),
                        ty: <$field_type as crate::value::AsValue>::TYPE,
                    }, )*
                ],
            }, )*
        ];

        impl Facts {
            /// The facts of the kind as rules see them; none for an unknown kind.
            pub fn of_kind<'a>(
                &'a self,
                kind: &str,
            ) -> Box<dyn Iterator<Item = crate::schema::FactView<'a>> + 'a> {
                $(
                    if kind == $kind {
                        let info = kind_info($kind).unwrap_or(&KINDS[0]);
                        return Box::new(self.$list.iter().map(move |fact| {
                            crate::schema::FactView {
                                kind: info,
                                place: &fact.place,
                                owner: &fact.owner,
                                how: fact.how,
                                fields: &fact.data,
                            }
                        }));
                    }
                )*
                Box::new(std::iter::empty())
            }

            /// Sorts and deduplicates every list, so that output does not depend on the order
            /// in which threads finished.
            pub fn normalise(&mut self) {
                $(
                    self.$list.sort();
                    self.$list.dedup();
                )*
            }

            /// Reads the fields of one fact and adds it to the list: for facts written by hand
            /// in rule tests. `None` when there is no such list.
            pub fn push_from<'de, D: serde::Deserializer<'de>>(
                &mut self,
                list: &str,
                fields: D,
                place: menshen_base::Place,
                owner: menshen_base::Owner,
            ) -> Option<Result<(), D::Error>> {
                $(
                    if list == stringify!($list) {
                        return Some(<$type as serde::Deserialize>::deserialize(fields).map(|data| {
                            let how = crate::schema::How::Static;
                            self.$list.push(crate::schema::Fact { data, place, owner, how });
                        }));
                    }
                )*
                None
            }

            /// Moves all facts of `other` to the end of the lists of `self`.
            pub fn append(&mut self, mut other: Facts) {
                $( self.$list.append(&mut other.$list); )*
            }

            /// Visits place and owner of every fact: for prefixing paths and attribution.
            pub fn each_mut(
                &mut self,
                mut visit: impl FnMut(&mut menshen_base::Place, &mut menshen_base::Owner),
            ) {
                $( for fact in &mut self.$list { visit(&mut fact.place, &mut fact.owner); } )*
            }
        }

        /// The description of a kind by the name that rules use.
        pub fn kind_info(name: &str) -> Option<&'static crate::schema::KindInfo> {
            KINDS.iter().find(|kind| kind.name == name)
        }
    };
}
pub(crate) use fact_kinds;
