//! The four answers a condition can have, and how they combine.

/// How well a condition is known to hold. Ordered, so that "all" is the minimum and "any" the
/// maximum; negation turns `No` and `Yes` round and leaves what lies between.
///
/// A rule fires from `May` upwards: on `May` the value is one of several that depend on the path
/// taken, and the finding's confidence is at most medium. `Unknown` proves nothing, negated or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    No,
    Unknown,
    May,
    Yes,
}

impl Truth {
    pub(crate) fn holds(self) -> bool {
        self >= Self::May
    }

    pub(crate) fn all(items: impl IntoIterator<Item = Truth>) -> Truth {
        let mut least = Truth::Yes;
        for item in items {
            least = least.min(item);
            if least == Truth::No {
                break;
            }
        }
        least
    }

    pub(crate) fn any(items: impl IntoIterator<Item = Truth>) -> Truth {
        let mut most = Truth::No;
        for item in items {
            most = most.max(item);
            if most == Truth::Yes {
                break;
            }
        }
        most
    }

    /// Joins the answers for the alternatives of one value: `Yes` when all say so.
    pub(crate) fn alternatives(items: impl IntoIterator<Item = Truth>) -> Truth {
        let mut seen = None;
        let mut most = Truth::No;
        let mut same = true;
        for item in items {
            same &= *seen.get_or_insert(item) == item;
            most = most.max(item);
        }
        match seen {
            None => Truth::Unknown,
            Some(item) if same => item,
            Some(_) => most.min(Truth::May),
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            between => between,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}
