//! The resources of an app as detectors ask for them: by id, references followed.

use menshen_android::arsc::ResourceTable;
use menshen_android::axml::ResValue;

/// The resource tables of an app, those of its splits merged. None for a library.
#[derive(Debug, Default)]
pub struct Resources<'a> {
    table: Option<ResourceTable<'a>>,
}

impl<'a> Resources<'a> {
    pub fn new(table: Option<ResourceTable<'a>>) -> Self {
        Self { table }
    }

    pub fn table(&self) -> Option<&ResourceTable<'a>> {
        self.table.as_ref()
    }

    /// The values in all configurations, the default one first.
    pub fn values(&self, id: u32) -> Vec<ResValue> {
        let Some(table) = &self.table else { return Vec::new() };
        let mut values: Vec<ResValue> = Vec::new();
        values.extend(table.default_value(id));
        for (_, value) in table.resolve(id) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The value in the default configuration as text.
    pub fn text(&self, id: u32) -> Option<String> {
        let table = self.table.as_ref()?;
        table.text_of(&ResValue::Reference(id))
    }

    /// `string/app_name`
    pub fn name(&self, id: u32) -> Option<String> {
        self.table.as_ref()?.name_of(id)
    }

    /// The value of a reference in source form, `@string/app_name`.
    pub fn written(&self, reference: &str) -> Option<String> {
        let name = reference.strip_prefix('@')?;
        let (kind, name) = name.split_once('/')?;
        self.text(self.table.as_ref()?.id_of(kind, name)?)
    }

    /// Paths of a resource that is a file, one a configuration.
    pub fn files(&self, id: u32) -> Vec<String> {
        self.values(id).iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    /// Id and path of all files of a type: `layout`, `xml`.
    pub fn files_of_type(&self, kind: &str) -> Vec<(u32, String)> {
        let Some(table) = &self.table else { return Vec::new() };
        let prefix = format!("{kind}/");
        let mut files = Vec::new();
        table.for_each_id(&mut |id| {
            if table.name_of(id).is_some_and(|name| name.starts_with(&prefix)) {
                files.extend(self.files(id).into_iter().map(|path| (id, path)));
            }
        });
        files.sort();
        files.dedup_by(|a, b| a.1 == b.1);
        files
    }
}
