//! The resources of an app as detectors ask for them: by id, references followed.

use menshen_android::axml::ResValue;

/// The resource tables of an app, those of its splits merged.
#[derive(Debug, Default)]
pub struct Resources<'a> {
    _table: std::marker::PhantomData<&'a ()>,
}

impl Resources<'_> {
    /// The values in all configurations, the default one first.
    pub fn values(&self, _id: u32) -> Vec<ResValue> {
        Vec::new()
    }

    /// The text in the default configuration.
    pub fn text(&self, id: u32) -> Option<String> {
        self.values(id).first().and_then(|value| value.as_str().map(str::to_owned))
    }

    /// `string/app_name`
    pub fn name(&self, _id: u32) -> Option<String> {
        None
    }

    /// The value of a reference in source form, `@string/app_name`.
    pub fn written(&self, _reference: &str) -> Option<String> {
        None
    }

    /// Paths of a resource that is a file, one a configuration.
    pub fn files(&self, id: u32) -> Vec<String> {
        self.values(id).iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }
}
