//! Addresses in text: URLs with a scheme of a network protocol, and hosts that stand where a URL
//! would.
//!
//! A class name is not a host, an XML namespace is not an address, `https://%s/` has no host.
//! What is an address is classified by who answers it: anybody's server, the device itself, the
//! local network, a page of documentation, a name that only identifies. Nothing is resolved and
//! nothing is asked: this is what the text says.
//!
//! RFC 3986 (URI), RFC 2606, 5737 and 3849 (names and addresses for examples), RFC 1918, 6598,
//! 3927 and 4193 (addresses of local networks), RFC 6761 and 6762 (`localhost`, `local`).
//!
//! ```
//! let found = menshen_models::endpoints::find("see http://10.0.0.7:8080/v1, please");
//! assert_eq!(found[0].url, "http://10.0.0.7:8080/v1");
//! assert_eq!(found[0].kind.as_str(), "lan");
//! ```

use crate::table::rows;
use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of a URL that are kept.
pub const URL_BYTES_MAX: usize = 2048;
/// Endpoints taken from one text.
pub const ENDPOINTS_MAX: usize = 10_000;
/// Schemes looked at in one text, whether or not a host follows.
const SCHEMES_MAX: usize = 1_000_000;
/// A host without a scheme is looked for in texts up to this length only.
const BARE_BYTES_MAX: usize = 255;
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndpointKind {
    Public,
    Lan,
    Loopback,
    Documentation,
    Namespace,
    Example,
}

impl EndpointKind {
    /// As facts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Lan => "lan",
            Self::Loopback => "loopback",
            Self::Documentation => "documentation",
            Self::Namespace => "namespace",
            Self::Example => "example",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "lan" => Self::Lan,
            "loopback" => Self::Loopback,
            "documentation" => Self::Documentation,
            "namespace" => Self::Namespace,
            "example" => Self::Example,
            _ => Self::Public,
        }
    }
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// As written, without escapes; a name and password in it are replaced by `***`.
    pub url: String,
    /// Lower case; empty where none is written.
    pub scheme: &'static str,
    /// Lower case, without the brackets of IPv6; `*` for parts that are filled in at run time.
    pub host: String,
    pub port: Option<u16>,
    pub kind: EndpointKind,
    /// Where in the text, in bytes.
    pub range: Range<usize>,
}

impl Endpoint {
    /// Whether the protocol lets anybody on the way read the traffic.
    pub fn cleartext(&self) -> bool {
        SCHEMES.iter().any(|(scheme, clear)| *scheme == self.scheme && *clear)
    }
}

/// Schemes of network protocols, and whether their traffic is readable. Protocols that negotiate
/// encryption after connecting are not called readable.
const SCHEMES: [(&str, bool); 32] = [
    ("http", true),
    ("https", false),
    ("ws", true),
    ("wss", false),
    ("ftp", true),
    ("ftps", false),
    ("sftp", false),
    ("ssh", false),
    ("telnet", true),
    ("mqtt", true),
    ("mqtts", false),
    ("tcp", true),
    ("udp", true),
    ("ssl", false),
    ("tls", false),
    ("rtsp", true),
    ("rtsps", false),
    ("rtmp", true),
    ("rtmps", false),
    ("coap", true),
    ("coaps", false),
    ("ldap", false),
    ("ldaps", false),
    ("smb", false),
    ("amqp", false),
    ("amqps", false),
    ("redis", true),
    ("rediss", false),
    ("mongodb", false),
    ("mysql", false),
    ("postgresql", false),
    ("sqlserver", false),
];

/// All addresses of a text, in order.
pub fn find(text: &str) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    let bytes = text.as_bytes();
    let (mut done, mut schemes) = (0, 0);
    for colon in memchr::memchr_iter(b':', bytes) {
        if found.len() >= ENDPOINTS_MAX || schemes >= SCHEMES_MAX {
            break;
        }
        if colon < done {
            continue;
        }
        let Some(authority) = authority_start(bytes, colon) else { continue };
        let Some((scheme, start)) = scheme_before(text, colon) else { continue };
        schemes += 1;
        if let Some(endpoint) = read_url(text, scheme, start..authority) {
            done = endpoint.range.end;
            found.push(endpoint);
        }
    }
    if found.is_empty() && bytes.len() <= BARE_BYTES_MAX && bytes.contains(&b'.') {
        found.extend(bare(text));
    }
    found
}

/// Where the authority begins when `://` stands at the colon, written plainly or as `:\/\/`.
fn authority_start(bytes: &[u8], colon: usize) -> Option<usize> {
    let rest = bytes.get(colon + 1..)?;
    if rest.starts_with(b"//") {
        Some(colon + 3)
    } else if rest.starts_with(b"\\/\\/") {
        Some(colon + 5)
    } else {
        None
    }
}

/// The known scheme that ends at the colon, and where it begins. In binary files text may stand
/// right before it: `http` and `https` are then found as an ending.
fn scheme_before(text: &str, colon: usize) -> Option<(&'static str, usize)> {
    const SCHEME_BYTES_MAX: usize = 16;
    let bytes = text.as_bytes();
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let window = &bytes[colon.saturating_sub(SCHEME_BYTES_MAX)..colon];
    let length = window.iter().rev().take_while(|byte| part(byte)).count();
    let word = &window[window.len() - length..];
    let whole = SCHEMES.iter().find(|(scheme, _)| word.eq_ignore_ascii_case(scheme.as_bytes()));
    let ending = || {
        ["https", "http"].into_iter().find(|scheme| {
            let at = word.len().checked_sub(scheme.len());
            at.is_some_and(|at| word[at..].eq_ignore_ascii_case(scheme.as_bytes()))
        })
    };
    let scheme = whole.map(|(scheme, _)| *scheme).or_else(ending)?;
    Some((scheme, colon - scheme.len()))
}

fn read_url(text: &str, scheme: &'static str, prefix: Range<usize>) -> Option<Endpoint> {
    // The host first: where there is none, no more than the authority was looked at, and a text
    // of nothing but schemes costs its length.
    let authority = authority(text, prefix.end);
    let (_, host_and_port) = split_userinfo(authority);
    let (host, port, _) = read_host(host_and_port)?;
    let end = url_end(text, prefix.end);
    let rest = unescape(text.get(prefix.end..end)?);
    let (userinfo, after) = split_userinfo(&rest);
    let credentials = if userinfo.is_empty() { "" } else { "***@" };
    let url = format!("{scheme}://{credentials}{after}");
    let kind = classify(&host, after.find('/').map_or("", |slash| &after[slash..]));
    Some(Endpoint { url, scheme, host, port, kind, range: prefix.start..end })
}

/// What stands between `://` and the path.
fn authority(text: &str, start: usize) -> &str {
    const AUTHORITY_BYTES_MAX: usize = 512;
    let window = &text[start..text.floor_char_boundary(start + AUTHORITY_BYTES_MAX)];
    let ends = |byte: u8| {
        matches!(
            byte,
            0..=b' '
                | 0x7f
                | b'"'
                | b'\''
                | b'<'
                | b'>'
                | b'\\'
                | b'^'
                | b'`'
                | b'|'
                | b'/'
                | b'?'
                | b'#'
        )
    };
    // `#{host}` is filled in, `#top` is a fragment.
    let bytes = window.as_bytes();
    let length = (0..bytes.len())
        .find(|at| ends(bytes[*at]) && !bytes[*at..].starts_with(b"#{"))
        .unwrap_or(bytes.len());
    &window[..length]
}

fn unescape(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(text.replace("\\/", "/")) } else { Cow::Borrowed(text) }
}

/// Where a URL that begins its authority at `start` ends.
fn url_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(start + URL_BYTES_MAX);
    let mut at = start;
    let mut in_host = true;
    let mut open = [0u32; 3];
    while at < limit {
        let byte = bytes[at];
        match byte {
            b'/' | b'?' | b'#' => in_host = false,
            // JavaScript and JSON write `\/` for a slash.
            b'\\' if bytes.get(at + 1) == Some(&b'/') => {
                in_host = false;
                at += 1;
            }
            0..=b' ' | 0x7f | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'|' => break,
            b'(' => open[0] += 1,
            b'[' => open[1] += 1,
            b'{' => open[2] += 1,
            b')' | b']' | b'}' => {
                let kind = match byte {
                    b')' => 0,
                    b']' => 1,
                    _ => 2,
                };
                if open[kind] == 0 {
                    break;
                }
                open[kind] -= 1;
            }
            b',' | b';' if bytes[at + 1..].starts_with(b"http") => break,
            // International names are letters beyond ASCII; paths write them with percent signs.
            0x80.. if !in_host => break,
            _ => {}
        }
        at += 1;
    }
    let mut end = text.floor_char_boundary(at);
    while end > start
        && matches!(bytes[end - 1], b'.' | b',' | b';' | b':' | b'!' | b'*' | b'(' | b'[' | b'{')
    {
        end -= 1;
    }
    end
}

/// Name and password before an `@`, and what follows.
fn split_userinfo(rest: &str) -> (&str, &str) {
    let authority = authority(rest, 0);
    match authority.rfind('@') {
        Some(at) if !authority[..at].contains([',', '(', ')']) => rest.split_at(at + 1),
        _ => ("", rest),
    }
}

/// Host, port and what follows them.
fn read_host(rest: &str) -> Option<(String, Option<u16>, &str)> {
    if let Some(inner) = rest.strip_prefix('[') {
        let (address, after) = inner.split_once(']')?;
        let plain = address.split(['%']).next()?;
        plain.parse::<Ipv6Addr>().ok()?;
        let (port, tail) = read_port(after);
        return Some((plain.to_ascii_lowercase(), port, tail));
    }
    let (host, length) = host_text(rest);
    let host = host.trim_end_matches('.').to_lowercase();
    let (host, cut) = cut_foreign_ending(host);
    if !is_host(&host) {
        return None;
    }
    let (port, tail) = if cut { (None, "") } else { read_port(&rest[length..]) };
    Some((host, port, tail))
}

fn read_port(after: &str) -> (Option<u16>, &str) {
    let Some(digits) = after.strip_prefix(':') else { return (None, after) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count().min(5);
    let port = digits[..length].parse::<u16>().ok().filter(|port| *port != 0);
    (port, &digits[length..])
}

/// The text of a host with `*` for what is filled in, and how long it is as written.
fn host_text(rest: &str) -> (String, usize) {
    let mut host = String::new();
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if host.len() > HOST_BYTES_MAX {
            break;
        }
        if c.is_alphanumeric() || matches!(c, '-' | '.' | '_') {
            host.push(c);
            at += c.len_utf8();
        } else if c == '*' {
            host.push('*');
            at += 1;
        } else if let Some(length) = placeholder(&rest[at..]) {
            if !host.ends_with('*') {
                host.push('*');
            }
            at += length;
        } else {
            break;
        }
    }
    (host, at)
}

/// Length of a mark that is replaced at run time: `%s`, `%1$s`, `{0}`, `${host}`, `#{host}`.
fn placeholder(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'%' => {
            let digits =
                bytes[1..].iter().take_while(|b| b.is_ascii_digit() || **b == b'$').count();
            matches!(bytes.get(1 + digits)?, b's' | b'd' | b'S' | b'@').then_some(digits + 2)
        }
        b'{' => Some(bytes.iter().take(64).position(|b| *b == b'}')? + 1),
        b'$' | b'#' if bytes.get(1) == Some(&b'{') => {
            Some(bytes.iter().take(64).position(|b| *b == b'}')? + 1)
        }
        _ => None,
    }
}

/// Chinese text often follows an address without a space: letters beyond ASCII behind an ASCII
/// top-level name are not part of the host.
fn cut_foreign_ending(mut host: String) -> (String, bool) {
    let last = host.rfind('.').map_or(0, |dot| dot + 1);
    let tail = &host[last..];
    let ascii = tail.bytes().take_while(u8::is_ascii).count();
    if ascii > 0 && ascii < tail.len() {
        host.truncate(last + ascii);
        return (host, true);
    }
    (host, false)
}

/// Whether the text is a host that can be asked for: an IPv4 address, `localhost`, or two labels
/// and more whose last is not a number. Filled-in parts do not count as labels.
fn is_host(host: &str) -> bool {
    if host == "localhost" {
        return true;
    }
    let fixed = match host.rfind('*') {
        Some(star) => host[star + 1..].trim_start_matches(|c| c != '.').trim_start_matches('.'),
        None => host,
    };
    let last = fixed.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    fixed.len() <= HOST_BYTES_MAX
        && fixed.contains('.')
        && fixed.split('.').all(label)
        && last.chars().count() >= 2
        && (last.starts_with("xn--") || last.chars().all(char::is_alphabetic))
}

/// A host without scheme that stands as a URL would: the whole text is `//host/...`, `www.host`,
/// `host:port` or `host/path`.
fn bare(text: &str) -> Option<Endpoint> {
    let relative = text.strip_prefix("//");
    let rest = relative.unwrap_or(text);
    let ordinary = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'@' | b'\\' | b'"' | b'\'' | b'<' | b'>' | b'=' | b',' | b';' | b'(' | b'|'
            )
    };
    if !rest.bytes().all(ordinary) {
        return None;
    }
    let length =
        rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')).count();
    let (host, after) = rest.split_at(length);
    if !is_host(host) {
        return None;
    }
    let (port, tail) = read_port(after);
    if port.is_none() && !tail.is_empty() && !tail.starts_with('/') {
        return None;
    }
    if port.is_some() && !(tail.is_empty() || tail.starts_with('/')) {
        return None;
    }
    let known = if host.parse::<Ipv4Addr>().is_ok() {
        // `10.0.0.0/8` is a range and `1.2.3.4` may be a version.
        port.is_some() || (tail.len() > 1 && tail[1..].parse::<u32>().is_err())
    } else {
        let shaped =
            relative.is_some() || host.starts_with("www.") || port.is_some() || tail.len() > 1;
        shaped && is_ordinary_name(host)
    };
    if !known {
        return None;
    }
    let kind = classify(host, tail);
    let host = host.to_owned();
    Some(Endpoint { url: text.to_owned(), scheme: "", host, port, kind, range: 0..text.len() })
}

/// Top-level domains that apps use most; a host without a scheme must end in one.
const TOP: [&str; 48] = [
    "com", "cn", "net", "org", "io", "co", "cc", "tv", "top", "xyz", "vip", "me", "info", "biz",
    "edu", "gov", "mobi", "club", "site", "online", "tech", "shop", "store", "cloud", "dev", "hk",
    "tw", "jp", "kr", "uk", "de", "fr", "ru", "us", "eu", "sg", "ca", "au", "br", "app", "ai",
    "it", "nl", "se", "ch", "es", "link", "live",
];

/// First words of packages. A host begins with its own name, so these do not begin one.
const PACKAGE: [&str; 12] = [
    "com", "org", "net", "edu", "gov", "java", "javax", "android", "androidx", "kotlin", "kotlinx",
    "dalvik",
];

/// A name as hosts are written, not one of a package, file or class.
fn is_ordinary_name(host: &str) -> bool {
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    let last = labels.next_back().unwrap_or_default();
    TOP.contains(&last)
        && !PACKAGE.contains(&first)
        && host.bytes().all(|byte| !byte.is_ascii_uppercase())
}

static HOSTS: LazyLock<HashMap<&'static str, EndpointKind>> = LazyLock::new(|| {
    rows(include_str!("../../../models/hosts.tsv"))
        .map(|row| {
            let mut columns = row.columns();
            let suffix = columns.next().unwrap_or_default();
            (suffix, EndpointKind::parse(columns.next().unwrap_or_default()))
        })
        .collect()
});

/// Kind by host, and by the beginning of the path where the table has one.
fn classify(host: &str, tail: &str) -> EndpointKind {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return classify_v4(address);
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return classify_v6(address);
    }
    let first = tail.strip_prefix('/').and_then(|path| path.split(['/', '?', '#']).next());
    if let Some(first) = first.filter(|first| !first.is_empty()) {
        let with_path = format!("{host}/{}", first.to_ascii_lowercase());
        if let Some(kind) = HOSTS.get(with_path.as_str()) {
            return *kind;
        }
    }
    let mut suffix = host;
    loop {
        if let Some(kind) = HOSTS.get(suffix) {
            // A page of documentation is on the host itself; its subdomains may be services.
            if *kind != EndpointKind::Documentation || suffix == host {
                return *kind;
            }
        }
        match suffix.split_once('.') {
            Some((_, rest)) => suffix = rest,
            None => break,
        }
    }
    // `http://javax.xml.transform.sax.SAXSource/feature` names a class of Java.
    let mut labels = host.split('.');
    let (first, last) = (labels.next().unwrap_or_default(), labels.next_back().unwrap_or_default());
    if matches!(first, "java" | "javax") || PACKAGE.contains(&first) && !TOP.contains(&last) {
        return EndpointKind::Namespace;
    }
    EndpointKind::Public
}

fn classify_v4(address: Ipv4Addr) -> EndpointKind {
    let [a, b, ..] = address.octets();
    if address.is_loopback() || address.is_unspecified() {
        EndpointKind::Loopback
    } else if address.is_private()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || address.is_multicast()
        || address.is_broadcast()
    {
        EndpointKind::Lan
    } else if address.is_documentation() {
        EndpointKind::Example
    } else {
        EndpointKind::Public
    }
}

fn classify_v6(address: Ipv6Addr) -> EndpointKind {
    let [first, second, ..] = address.segments();
    if let Some(v4) = address.to_ipv4_mapped() {
        classify_v4(v4)
    } else if address.is_loopback() || address.is_unspecified() {
        EndpointKind::Loopback
    } else if matches!(first, 0xfc00..=0xfdff | 0xfe80..=0xfebf | 0xff00..=0xffff) {
        EndpointKind::Lan
    } else if first == 0x2001 && second == 0xdb8 {
        EndpointKind::Example
    } else {
        EndpointKind::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        // Text, then `host[:port] kind` of each address.
        let rows: &[(&str, &[&str])] = &[
            ("https://api.shop.cn/v1/login", &["api.shop.cn public"]),
            ("HTTP://API.Shop.CN", &["api.shop.cn public"]),
            ("http://a.shop.cn:8080/x?y=1#z", &["a.shop.cn:8080 public"]),
            (
                "see http://a.shop.cn/b, or (https://c.shop.cn/d).",
                &["a.shop.cn public", "c.shop.cn public"],
            ),
            ("http://a.shop.cn,http://b.shop.cn", &["a.shop.cn public", "b.shop.cn public"]),
            (r#"{"u":"https:\/\/api.shop.cn\/v1"}"#, &["api.shop.cn public"]),
            ("url(http://a.shop.cn/i.png)", &["a.shop.cn public"]),
            ("请访问https://a.shop.cn/帮助，谢谢", &["a.shop.cn public"]),
            ("请访问https://a.shop.cn谢谢", &["a.shop.cn public"]),
            ("https://例子.中国/x", &["例子.中国 public"]),
            ("https://xn--fsqu00a.xn--fiqs8s", &["xn--fsqu00a.xn--fiqs8s public"]),
            ("libfoohttps://a.shop.cn", &["a.shop.cn public"]),
            ("jdbc:mysql://db.shop.cn:3306/x", &["db.shop.cn:3306 public"]),
            ("ws://192.168.1.20:9000/s", &["192.168.1.20:9000 lan"]),
            ("http://10.0.2.2/", &["10.0.2.2 lan"]),
            ("http://172.32.0.1/", &["172.32.0.1 public"]),
            ("http://127.0.0.1:8081", &["127.0.0.1:8081 loopback"]),
            ("http://localhost:8081/status", &["localhost:8081 loopback"]),
            ("http://[::1]:8080/a", &["::1:8080 loopback"]),
            ("http://[fd00::1]/a", &["fd00::1 lan"]),
            ("http://[2001:db8::1]/", &["2001:db8::1 example"]),
            ("http://[2606:4700::1111]/", &["2606:4700::1111 public"]),
            ("http://203.0.113.9/", &["203.0.113.9 example"]),
            ("http://nas.local/", &["nas.local lan"]),
            ("http://schemas.android.com/apk/res/android", &["schemas.android.com namespace"]),
            ("http://www.w3.org/2001/XMLSchema", &["www.w3.org namespace"]),
            (
                "http://javax.xml.XMLConstants/feature/secure-processing",
                &["javax.xml.xmlconstants namespace"],
            ),
            (
                "http://javax.xml.transform.sax.SAXSource/feature",
                &["javax.xml.transform.sax.saxsource namespace"],
            ),
            ("http://com.shop.ns/x", &["com.shop.ns namespace"]),
            ("http://net.cn/x", &["net.cn public"]),
            ("https://www.googleapis.com/auth/drive", &["www.googleapis.com namespace"]),
            ("https://www.googleapis.com/drive/v3", &["www.googleapis.com public"]),
            ("http://apache.org/xml/features/x", &["apache.org namespace"]),
            ("http://xml.org/sax/features/namespaces", &["xml.org namespace"]),
            ("https://www.example.com/a", &["www.example.com example"]),
            ("https://api.test", &["api.test example"]),
            ("https://github.com/square/okhttp/issues/1", &["github.com documentation"]),
            ("https://api.github.com/users", &["api.github.com public"]),
            ("https://www.google.com/kml/ext", &["www.google.com namespace"]),
            ("https://www.google.com/search", &["www.google.com public"]),
            ("https://%s.shop.cn/v1", &["*.shop.cn public"]),
            ("https://{region}.shop.cn/v1", &["*.shop.cn public"]),
            ("https://api-${env}.shop.cn/v1", &["api-*.shop.cn public"]),
            ("https://#{env}.shop.cn/a", &["*.shop.cn public"]),
            ("https://*.shop.cn", &["*.shop.cn public"]),
            ("https://user:pw@a.shop.cn/x", &["a.shop.cn public"]),
            ("https://%s/v1", &[]),
            ("http://{}/x", &[]),
            ("https://", &[]),
            ("http://%s:%d", &[]),
            ("http://server/x", &[]),
            ("http://1.2.3/x", &[]),
            ("http://a..b.cn/", &[]),
            ("http://-a.cn/", &[]),
            ("market://details?id=com.example.app", &[]),
            ("content://com.android.contacts/data", &[]),
            ("file:///android_asset/index.html", &[]),
            ("android-app://com.google.android", &[]),
        ];
        for (text, expected) in rows {
            let found: Vec<String> = find(text)
                .iter()
                .map(|e| match e.port {
                    Some(port) => format!("{}:{port} {}", e.host, e.kind.as_str()),
                    None => format!("{} {}", e.host, e.kind.as_str()),
                })
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn hosts_without_scheme_only_where_a_url_stands() {
        for (text, host) in [
            ("api.shop.cn/v1/login", Some("api.shop.cn")),
            ("api.shop.cn:8443", Some("api.shop.cn")),
            ("www.shop.cn", Some("www.shop.cn")),
            ("//cdn.shop.cn/a.js", Some("cdn.shop.cn")),
            ("cn.bing.com/search", Some("cn.bing.com")),
            ("192.168.0.1:8080", Some("192.168.0.1")),
            ("8.8.8.8/dns-query", Some("8.8.8.8")),
            ("api.shop.cn", None),
            ("com.example.app", None),
            ("com.example.app/com.example.app.Main", None),
            ("java.io/File", None),
            ("Foo.io/bar", None),
            ("okhttp3.internal", None),
            ("application/vnd.android.package-archive", None),
            ("classes.dex/x", None),
            ("assets/a.com/x", None),
            ("1.2.3.4", None),
            ("10.0.0.0/8", None),
            ("user@shop.cn/x", None),
            ("a.shop.cn/x y", None),
            ("//com.example.foo/bar", None),
            ("img.png/", None),
            ("12:30.com", None),
        ] {
            let found = find(text);
            assert_eq!(found.first().map(|e| e.host.as_str()), host, "{text}");
        }
    }

    #[test]
    fn url_text_and_cleartext() {
        for (text, url, clear) in [
            ("\"http:\\/\\/a.shop.cn\\/b\\/c\"", "http://a.shop.cn/b/c", true),
            ("https://user:secret@a.shop.cn/x", "https://***@a.shop.cn/x", false),
            ("(wss://a.shop.cn/x)", "wss://a.shop.cn/x", false),
            ("<a href='http://a.shop.cn/{id}/b'>", "http://a.shop.cn/{id}/b", true),
            ("mqtt://a.shop.cn:1883.", "mqtt://a.shop.cn:1883", true),
            ("http://a.shop.cn/b(c)d", "http://a.shop.cn/b(c)d", true),
        ] {
            let found = find(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].url, url);
            assert_eq!(found[0].cleartext(), clear, "{text}");
        }
        let text = "ab http://a.shop.cn/b cd";
        assert_eq!(&text[find(text)[0].range.clone()], "http://a.shop.cn/b");
    }

    #[test]
    fn hostile_text() {
        let long = format!("http://{}.cn/{}", "a.".repeat(5000), "x".repeat(100_000));
        assert!(find(&long).is_empty());
        let long = format!("http://a.shop.cn/{}", "中x".repeat(100_000));
        assert_eq!(find(&long)[0].url, "http://a.shop.cn/");
        let schemes = "http://".repeat(200_000);
        assert!(find(&schemes).is_empty());
        let many = "http://a.cn ".repeat(20_000);
        assert_eq!(find(&many).len(), ENDPOINTS_MAX);
        for text in [
            "://",
            ":\\/\\/",
            "http:\\/\\/",
            "http://[",
            "http://[::1",
            "http://@",
            "http://a.cn:",
            "http://%",
            "http://{",
            "中://中",
            "//",
            "//.",
            "http://%1$",
            "http://a.cn:99999/",
        ] {
            let _ = find(text);
        }
    }

    #[test]
    fn the_table_of_hosts_is_whole() {
        assert!(HOSTS.len() > 100);
        for (suffix, kind) in HOSTS.iter() {
            assert_ne!(*kind, EndpointKind::Public, "{suffix}");
            assert_eq!(suffix.to_ascii_lowercase(), *suffix);
        }
    }
}
