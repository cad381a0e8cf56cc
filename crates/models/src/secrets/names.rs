//! What a name says about its value: `mJPushAppKey` and `JPUSH_APPKEY` are the words
//! `jpush app key`.

use crate::table::{Row, items};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::HashMap;

/// Words of a name that are looked at; a longer name is not one of a value.
const WORDS_MAX: usize = 16;
const NAME_BYTES_MAX: usize = 128;

/// Written as one word, read as two.
const COMPOUNDS: [(&str, &[&str]); 30] = [
    ("accesskey", &["access", "key"]),
    ("accesskeyid", &["access", "key", "id"]),
    ("accesskeysecret", &["access", "key", "secret"]),
    ("accesstoken", &["access", "token"]),
    ("aeskey", &["aes", "key"]),
    ("apikey", &["api", "key"]),
    ("apisecret", &["api", "secret"]),
    ("appid", &["app", "id"]),
    ("appkey", &["app", "key"]),
    ("appsecret", &["app", "secret"]),
    ("authkey", &["auth", "key"]),
    ("cryptkey", &["crypto", "key"]),
    ("cryptokey", &["crypto", "key"]),
    ("deskey", &["des", "key"]),
    ("encryptkey", &["encrypt", "key"]),
    ("hmackey", &["hmac", "key"]),
    ("keypass", &["key", "pass"]),
    ("keystore", &["key", "store"]),
    ("licensekey", &["license", "key"]),
    ("masterkey", &["master", "key"]),
    ("masterkeysecret", &["master", "key", "secret"]),
    ("mastersecret", &["master", "secret"]),
    ("privatekey", &["private", "key"]),
    ("publickey", &["public", "key"]),
    ("secretid", &["secret", "id"]),
    ("secretkey", &["secret", "key"]),
    ("signkey", &["sign", "key"]),
    ("storepass", &["store", "pass"]),
    ("umengkey", &["umeng", "key"]),
    ("usertoken", &["user", "token"]),
];

/// Endings that are words of their own behind any beginning: `dbpassword`.
const ENDINGS: [&str; 5] = ["password", "passwd", "pwd", "secret", "token"];

/// Words behind the match that say that the value is something about the secret.
const ABOUT: [&str; 109] = [
    "action",
    "activity",
    "alg",
    "algo",
    "algorithm",
    "alias",
    "attr",
    "attribute",
    "button",
    "callback",
    "cancel",
    "changed",
    "chars",
    "charset",
    "checksum",
    "class",
    "column",
    "confirm",
    "content",
    "count",
    "desc",
    "description",
    "dialog",
    "digest",
    "dir",
    "disabled",
    "empty",
    "enabled",
    "encode",
    "encoder",
    "endpoint",
    "err",
    "error",
    "event",
    "expire",
    "expired",
    "expires",
    "expiry",
    "factory",
    "field",
    "file",
    "filename",
    "fingerprint",
    "format",
    "fragment",
    "generator",
    "hash",
    "hashed",
    "header",
    "helper",
    "helpers",
    "hint",
    "icon",
    "id",
    "index",
    "info",
    "input",
    "invalid",
    "label",
    "layout",
    "len",
    "length",
    "listener",
    "manager",
    "mask",
    "max",
    "md5",
    "message",
    "method",
    "min",
    "mode",
    "msg",
    "name",
    "param",
    "parameter",
    "path",
    "pattern",
    "policy",
    "position",
    "prefix",
    "prompt",
    "provider",
    "regex",
    "required",
    "rule",
    "set",
    "sha",
    "sha1",
    "sha256",
    "size",
    "state",
    "status",
    "strength",
    "suffix",
    "text",
    "time",
    "timeout",
    "tip",
    "title",
    "toast",
    "type",
    "url",
    "util",
    "utils",
    "validator",
    "view",
    "visibility",
    "visible",
    "watcher",
];

/// Words anywhere that say the same.
const PUBLIC: [&str; 4] = ["public", "pub", "hash", "regex"];

/// One of these is in every name of the table, so that a name with none is passed over quickly.
const HINTS: [&str; 18] = [
    "pass",
    "pwd",
    "secret",
    "key",
    "token",
    "credential",
    "ak",
    "sk",
    "pid",
    "partner",
    "seller",
    "certificate",
    "appid",
    "app_id",
    "app.id",
    "app-id",
    "private",
    "map_sdk",
];

/// What a name was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) kind: &'static str,
    /// The match is all there is to the name, or its end.
    pub(super) last: bool,
}

/// The table of names, by first word.
#[derive(Debug)]
pub(super) struct Names {
    hints: AhoCorasick,
    by_first: HashMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>,
}

impl Names {
    pub(super) fn parse(rows: impl Iterator<Item = Row>) -> Self {
        let hints = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(HINTS);
        // The hints are a constant of a few short words.
        let hints = hints.unwrap_or_else(|error| unreachable!("{error}"));
        let mut names = Self { hints, by_first: HashMap::new() };
        for row in rows {
            let mut columns = row.columns();
            let kind = columns.next().unwrap_or_default();
            for name in items(columns.next().unwrap_or_default()) {
                let words: Vec<&'static str> = name.split(' ').collect();
                let first = words.first().copied().unwrap_or_default();
                names.by_first.entry(first).or_default().push((words, kind));
            }
        }
        names
    }

    /// The kind that a name says, by its longest match; named kinds go before generic ones.
    pub(super) fn find(&self, name: &str) -> Option<Named> {
        if name.len() > NAME_BYTES_MAX || !self.hints.is_match(name) {
            return None;
        }
        let words = words(name);
        let mut best: Option<(bool, usize, Named)> = None;
        for start in 0..words.len() {
            let Some(candidates) = self.by_first.get(words[start].as_str()) else { continue };
            for (pattern, kind) in candidates {
                let end = start + pattern.len();
                let Some(part) = words.get(start..end) else { continue };
                if part.iter().zip(pattern).any(|(word, expected)| word != expected) {
                    continue;
                }
                if words[end..].iter().any(|word| ABOUT.contains(&word.as_str())) {
                    continue;
                }
                let rank = (!kind.starts_with("generic-"), pattern.len());
                if best.is_none_or(|(named, length, _)| rank > (named, length)) {
                    best = Some((rank.0, rank.1, Named { kind, last: end == words.len() }));
                }
            }
        }
        let (_, _, named) = best?;
        words.iter().all(|word| !PUBLIC.contains(&word.as_str())).then_some(named)
    }
}

/// The words of a name in lower case: split at other characters and where the case changes.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        // `MPUSHAppKey` is M... by case: an upper-case letter before a lower-case one begins a word.
        let bytes = part.as_bytes();
        let mut start = 0;
        for at in 1..bytes.len() {
            let up = bytes[at].is_ascii_uppercase();
            let after_lower = !bytes[at - 1].is_ascii_uppercase();
            let before_lower = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if up && (after_lower || before_lower) {
                push_word(&mut words, &part[start..at]);
                start = at;
            }
        }
        push_word(&mut words, &part[start..]);
        if words.len() > WORDS_MAX {
            break;
        }
    }
    words.truncate(WORDS_MAX);
    words
}

fn push_word(words: &mut Vec<String>, word: &str) {
    let word = word.to_ascii_lowercase();
    if word.is_empty() {
        return;
    }
    if let Ok(at) = COMPOUNDS.binary_search_by_key(&word.as_str(), |compound| compound.0) {
        words.extend(COMPOUNDS[at].1.iter().map(|word| (*word).to_owned()));
        return;
    }
    for ending in ENDINGS.into_iter().chain(["appkey", "apikey", "appid"]) {
        if let Some(beginning) = word.strip_suffix(ending).filter(|beginning| beginning.len() >= 2)
        {
            words.push(beginning.to_owned());
            push_word(words, ending);
            return;
        }
    }
    words.push(word);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::rows;

    #[test]
    fn tables_can_be_searched() {
        assert!(COMPOUNDS.is_sorted_by_key(|compound| compound.0));
        assert!(ABOUT.is_sorted());
    }

    #[test]
    fn every_name_of_the_table_is_found() {
        let text = include_str!("../../../../models/android/secret_names.tsv");
        let names = Names::parse(rows(text));
        for line in text.lines().skip(1) {
            let (kind, list) = line.split_once('\t').unwrap();
            for name in list.split('|') {
                let name = name.replace(' ', "_");
                assert_eq!(names.find(&name).map(|found| found.kind), Some(kind), "{name}");
            }
        }
    }

    #[test]
    fn names_of_values() {
        let names = Names::parse(rows(include_str!("../../../../models/android/secret_names.tsv")));
        for (name, kind) in [
            ("password", Some("generic-password")),
            ("DB_PASSWORD", Some("generic-password")),
            ("dbpassword", Some("generic-password")),
            ("mUserPwd", Some("generic-password")),
            ("com.example.BuildConfig.API_SECRET", Some("generic-secret")),
            ("apiKey", Some("generic-key")),
            ("AES_KEY", Some("generic-key")),
            ("accessToken", Some("generic-token")),
            ("WECHAT_APPSECRET", Some("wechat-app-secret")),
            ("wxAppSecret", Some("wechat-app-secret")),
            ("JPUSH_APPKEY", Some("jpush-app-key")),
            ("com.amap.api.v2.apikey", Some("amap-api-key")),
            ("com.baidu.lbsapi.API_KEY", Some("baidu-map-api-key")),
            ("UMENG_APPKEY", Some("umeng-app-key")),
            ("UMENG_MESSAGE_SECRET", Some("umeng-message-secret")),
            ("aliyunAccessKeySecret", Some("aliyun-access-key-secret")),
            ("facebook_client_token", Some("facebook-client-token")),
            ("password_hint", None),
            ("tokenType", None),
            ("PASSWORD_REGEX", None),
            ("api_key_header", None),
            ("public_key", None),
            ("RSA_PUBLIC_KEY", None),
            ("monkey", None),
            ("secretary", None),
            ("tokenizer", None),
            ("key", None),
            ("title", None),
            ("", None),
        ] {
            assert_eq!(names.find(name).map(|found| found.kind), kind, "{name}");
        }
    }
}
