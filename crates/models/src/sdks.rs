//! The catalogue of third-party SDKs: `models/android/sdks.tsv`.

use crate::table::{items, rows};
use std::collections::HashMap;
use std::sync::LazyLock;

static CATALOGUE: LazyLock<SdkCatalogue> =
    LazyLock::new(|| SdkCatalogue::parse(include_str!("../../../models/android/sdks.tsv")));

/// The catalogue that Menshen ships.
pub fn sdks() -> &'static SdkCatalogue {
    &CATALOGUE
}

/// One SDK or library.
#[derive(Debug, Clone, Default)]
pub struct Sdk {
    pub id: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub provider_zh: &'static str,
    pub provider_en: &'static str,
    pub category: &'static str,
    pub purpose_zh: &'static str,
    /// Information types it collects: ids of `information_types.tsv`.
    pub personal_info: Vec<&'static str>,
    pub policy_url: Option<&'static str>,
    pub licence: Option<&'static str>,
    /// Items that other SDKs or unrelated code share: alone they decide nothing.
    ambiguous: Vec<&'static str>,
}

impl Sdk {
    pub fn is_ambiguous(&self, item: &str) -> bool {
        self.ambiguous.contains(&item)
    }
}

/// All SDKs with their indices.
#[derive(Debug, Default)]
pub struct SdkCatalogue {
    sdks: Vec<Sdk>,
    packages: HashMap<&'static str, usize>,
    libraries: HashMap<&'static str, usize>,
    library_patterns: Vec<(&'static str, usize)>,
    components: HashMap<&'static str, usize>,
    assets: HashMap<&'static str, usize>,
    meta_data: HashMap<&'static str, usize>,
    hosts: HashMap<&'static str, usize>,
    ids: HashMap<&'static str, usize>,
}

impl SdkCatalogue {
    fn parse(text: &'static str) -> Self {
        let mut catalogue = Self::default();
        for row in rows(text) {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let index = catalogue.sdks.len();
            let mut sdk = Sdk {
                id: next(),
                name_zh: next(),
                name_en: next(),
                provider_zh: next(),
                provider_en: next(),
                category: next(),
                purpose_zh: next(),
                ..Sdk::default()
            };
            let index_all = |map: &mut HashMap<&'static str, usize>, cell| {
                for item in items(cell) {
                    map.entry(item).or_insert(index);
                }
            };
            index_all(&mut catalogue.packages, next());
            index_all(&mut catalogue.libraries, next());
            let patterns = next().split(' ').filter(|pattern| !pattern.is_empty());
            catalogue.library_patterns.extend(patterns.map(|pattern| (pattern, index)));
            index_all(&mut catalogue.components, next());
            index_all(&mut catalogue.assets, next());
            index_all(&mut catalogue.meta_data, next());
            // iOS frameworks, iOS class prefixes, HarmonyOS packages: for other inputs.
            let _ = (next(), next(), next());
            index_all(&mut catalogue.hosts, next());
            sdk.personal_info = items(next()).collect();
            sdk.policy_url = Some(next()).filter(|url| !url.is_empty());
            sdk.licence = Some(next()).filter(|licence| !licence.is_empty());
            sdk.ambiguous = items(next()).collect();
            catalogue.ids.insert(sdk.id, index);
            catalogue.sdks.push(sdk);
        }
        catalogue
    }

    pub fn all(&self) -> &[Sdk] {
        &self.sdks
    }

    pub fn get(&self, id: &str) -> Option<&Sdk> {
        self.lookup(&self.ids, id)
    }

    /// By a class name in source form: the longest listed package it lies in, and that package.
    pub fn by_class(&self, class: &str) -> Option<(&Sdk, &'static str)> {
        let mut prefix = class;
        loop {
            if let Some((package, index)) = self.packages.get_key_value(prefix) {
                return self.sdks.get(*index).map(|sdk| (sdk, *package));
            }
            prefix = prefix.rsplit_once('.')?.0;
        }
    }

    /// By file name: `libumeng-spy.so`.
    pub fn by_library(&self, name: &str) -> Option<&Sdk> {
        self.lookup(&self.libraries, name)
    }

    /// Regular expressions over library names, for versioned ones, with their SDK.
    pub fn library_patterns(&self) -> impl Iterator<Item = (&'static str, &Sdk)> {
        self.library_patterns
            .iter()
            .filter_map(|(pattern, index)| self.sdks.get(*index).map(|sdk| (*pattern, sdk)))
    }

    /// By full class name of a component.
    pub fn by_component(&self, class: &str) -> Option<&Sdk> {
        self.lookup(&self.components, class)
    }

    /// By path below `assets/`.
    pub fn by_asset(&self, path: &str) -> Option<&Sdk> {
        self.lookup(&self.assets, path)
    }

    pub fn by_meta_data(&self, name: &str) -> Option<&Sdk> {
        self.lookup(&self.meta_data, name)
    }

    /// By host name: the listed host itself or one below it.
    pub fn by_host(&self, host: &str) -> Option<&Sdk> {
        let mut suffix = host;
        loop {
            if let Some(sdk) = self.lookup(&self.hosts, suffix) {
                return Some(sdk);
            }
            suffix = suffix.split_once('.')?.1;
        }
    }

    fn lookup(&self, map: &HashMap<&'static str, usize>, key: &str) -> Option<&Sdk> {
        map.get(key).and_then(|index| self.sdks.get(*index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_is_whole() {
        assert_eq!(sdks().all().len(), 700);
        for sdk in sdks().all() {
            assert!(!sdk.id.is_empty() && !sdk.name_zh.is_empty(), "{sdk:?}");
        }
    }

    #[test]
    fn longest_package_wins_on_whole_segments() {
        for (class, expected) in [
            ("com.umeng.commonsdk.UMConfigure", Some("umeng-common")),
            ("com.umeng.commonsdkx.UMConfigure", None),
            ("com.tencent.bugly.crashreport.CrashReport", Some("bugly")),
            ("okhttp3.OkHttpClient", Some("okhttp")),
            ("io.netty.channel.Channel", Some("netty")),
            ("com.example.Main", None),
            ("", None),
        ] {
            let found = sdks().by_class(class).map(|(sdk, _)| sdk.id);
            match expected {
                Some(id) => assert!(found.is_some_and(|f| f.contains(id)), "{class}: {found:?}"),
                None => assert!(found.is_none(), "{class}: {found:?}"),
            }
        }
    }

    #[test]
    fn hosts_match_whole_labels() {
        assert!(sdks().by_host("ulogs.umeng.com").is_some());
        assert!(sdks().by_host("x.ulogs.umeng.com").is_some());
        assert!(sdks().by_host("xulogs.umeng.com").is_none());
    }
}
