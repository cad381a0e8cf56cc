//! What surrounds the places of findings: a few instructions, a few lines of a manifest.
//!
//! Secrets are masked as in the rest of the report.
//!
//! Only the entries that evidence lies in are read again, and of them only the classes that it
//! names. What cannot be read here was told when it was read first: the window stays empty.
//!
//! ```text
//! com.example.Main.seal([B)[B
//!   .line 31
//!     0004  const-string v0, "AES/ECB/PKCS5Padding"
//! >   0006  invoke-static {v0}, Ljavax/crypto/Cipher;->getInstance(...)Ljavax/crypto/Cipher;
//!     0009  move-result-object v0
//! ```

use crate::module::Module;
use crate::open::{Opened, Part};
use crate::xml;
use menshen_android::dex::{Code, Dex, StringId};
use menshen_archive::Entry;
use menshen_base::{CodePlace, Finding, Place, to_hex};
use menshen_facts::Facts;
use menshen_flow::program::type_name;
use menshen_models::secrets::{masked, secret_scanner};
use menshen_rules::assessment::ArtifactKind;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Instructions shown before and behind the one that matters.
const INSNS_AROUND: usize = 3;
/// Lines of an element that are shown.
const LINES_MAX: usize = 12;
/// Characters of one line that are shown.
const LINE_CHARS_MAX: usize = 200;
/// Marks the line that matters; the others have as many spaces.
const MARK: &str = "> ";
const NO_MARK: &str = "  ";

/// Fills the windows of all evidence that has none.
pub(crate) fn fill(findings: &mut [Finding], facts: &Facts, opened: &Opened<'_>) {
    let secrets = Secrets(facts.secrets.iter().map(|fact| fact.data.digest.as_str()).collect());
    let mut wanted: BTreeMap<&str, BTreeSet<&Place>> = BTreeMap::new();
    for place in findings.iter().flat_map(|finding| &finding.evidence).map(|found| &found.place) {
        if has_window(place) {
            wanted.entry(&place.path).or_default().insert(place);
        }
    }
    let wanted: Vec<(&str, BTreeSet<&Place>)> = wanted.into_iter().collect();
    let windows: BTreeMap<Place, String> = wanted
        .par_iter()
        .flat_map_iter(|(path, places)| look_at(path, places, opened, &secrets))
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        if let Some(window) = windows.get(&evidence.place).filter(|_| evidence.window.is_empty()) {
            evidence.window.clone_from(window);
        }
    }
}

fn has_window(place: &Place) -> bool {
    match &place.code {
        Some(code) => code.instruction.is_some() && place.path.ends_with(".dex"),
        None => place.offset.is_some() && place.path.ends_with(".xml"),
    }
}

fn look_at(
    path: &str,
    places: &BTreeSet<&Place>,
    opened: &Opened<'_>,
    secrets: &Secrets<'_>,
) -> Vec<(Place, String)> {
    let Some((part, entry)) = find(path, opened) else { return Vec::new() };
    match path.ends_with(".xml") {
        true => of_xml(part, entry, places, opened.kind, secrets),
        false => of_dex(part, entry, places, secrets),
    }
}

/// Digests of the secrets found in the artifact.
struct Secrets<'f>(BTreeSet<&'f str>);

impl Secrets<'_> {
    /// The text masked when there is a secret in it. What stands beside one may be another: all
    /// of it is masked.
    fn hide(&self, text: &str) -> Option<String> {
        let holds = self.0.contains(to_hex(&Sha256::digest(text)).as_str())
            || !secret_scanner().scan(text, None).is_empty();
        holds.then(|| masked(text))
    }

    /// A line of XML with the values that hold a secret masked.
    fn hide_quoted(&self, line: &str) -> String {
        let parts: Vec<String> = line
            .split('"')
            .map(|part| self.hide(part).unwrap_or_else(|| part.to_owned()))
            .collect();
        parts.join("\"")
    }
}

/// The entry of that path, with the part it lies in.
fn find<'o, 'a>(path: &str, opened: &'o Opened<'a>) -> Option<(&'o Part<'a>, &'o Entry<'a>)> {
    opened.parts.iter().find_map(|part| {
        let name = match part.path.as_str() {
            "" => path,
            container => path.strip_prefix(container)?.strip_prefix("!/")?,
        };
        Some((part, part.zip.find(name)?))
    })
}

fn of_xml(
    part: &Part<'_>,
    entry: &Entry<'_>,
    places: &BTreeSet<&Place>,
    kind: ArtifactKind,
    secrets: &Secrets<'_>,
) -> Vec<(Place, String)> {
    let kind = if kind == ArtifactKind::ApkSet { ArtifactKind::Apk } else { kind };
    let modules = Module::all(part, kind);
    let Some(module) = modules.first() else { return Vec::new() };
    let Some(entry) = part.zip.find(&entry.name) else { return Vec::new() };
    let Some(document) = xml::read(module, entry, &mut Vec::new()) else { return Vec::new() };
    let printed = document.print();
    let lines: Vec<&str> = printed.text.lines().collect();
    let window = |place: &Place| {
        let offset = place.offset?;
        let element = document.root.descendants().find(|e| u64::from(e.offset) == offset)?;
        let first = usize::try_from(printed.line_of(element)?).ok()?.checked_sub(1)?;
        let count = document.print_element(element).lines().count().min(LINES_MAX);
        let shown = lines.get(first..lines.len().min(first.checked_add(count)?))?;
        let shown: Vec<String> = shown.iter().map(|line| secrets.hide_quoted(line)).collect();
        Some(numbered(&shown, first.checked_add(1)?))
    };
    places.iter().filter_map(|place| Some(((*place).clone(), window(place)?))).collect()
}

/// The lines with their numbers and without their common margin; the first is marked.
fn numbered(lines: &[String], first: usize) -> String {
    let margin = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let mark = if at == 0 { MARK } else { NO_MARK };
        let line = shortened(line.get(margin..).unwrap_or_default());
        let _ = writeln!(out, "{mark}{:>5}  {line}", first + at);
    }
    out.truncate(out.trim_end().len());
    out
}

fn of_dex(
    part: &Part<'_>,
    entry: &Entry<'_>,
    places: &BTreeSet<&Place>,
    secrets: &Secrets<'_>,
) -> Vec<(Place, String)> {
    let max = usize::try_from(entry.uncompressed_size).unwrap_or(usize::MAX);
    let Some(entry) = part.zip.find(&entry.name) else { return Vec::new() };
    let Ok(bytes) = part.read(entry, max) else { return Vec::new() };
    let mut by_class: BTreeMap<&str, Vec<(&Place, &CodePlace)>> = BTreeMap::new();
    for place in places {
        if let Some(code) = &place.code {
            by_class.entry(&code.class).or_default().push((place, code));
        }
    }
    let mut windows = Vec::new();
    let (files, _) = Dex::parse_all(&bytes);
    for dex in &files {
        for class in dex.classes() {
            // The first definition is the one that runs, and the one that was looked at.
            let Some(wanted) = by_class.remove(type_name(dex, class.ty).as_str()) else { continue };
            let Ok(data) = dex.class_data(&class) else { continue };
            for method in data.methods() {
                let Some(reference) = dex.method(method.id) else { continue };
                let name = dex.string(reference.name).map(|name| name.to_str().into_owned());
                let member =
                    format!("{}{}", name.unwrap_or_default(), dex.descriptor(reference.proto));
                let here = wanted.iter().filter(|(_, code)| code.member == member);
                for (place, at) in here {
                    let Some(pc) = at.instruction else { continue };
                    if let Ok(Some(code)) = dex.code(method) {
                        let header = format!("{}.{member}", at.class);
                        let window = instructions(dex, &code, &header, pc, secrets);
                        windows.push(((*place).clone(), window));
                    }
                }
            }
        }
    }
    windows
}

/// The instructions around one, with the source lines where they change.
fn instructions(
    dex: &Dex<'_>,
    code: &Code<'_>,
    header: &str,
    pc: u32,
    secrets: &Secrets<'_>,
) -> String {
    let addresses: Vec<u32> = code.units.instructions().map(|insn| insn.pc).collect();
    let at = addresses.partition_point(|address| *address < pc);
    let first = at.saturating_sub(INSNS_AROUND);
    let last = addresses.len().min(at.saturating_add(INSNS_AROUND + 1));
    let lines = code.lines(dex);
    let mut out = shortened(header);
    let mut line_before = None;
    for address in addresses.get(first..last).unwrap_or_default() {
        let after = lines.partition_point(|(start, _)| start <= address);
        let line = after.checked_sub(1).and_then(|row| lines.get(row)).map(|(_, line)| *line);
        let line = line.filter(|line| i32::try_from(*line).is_ok());
        if let Some(line) = line.filter(|_| line != line_before) {
            let _ = write!(out, "\n{NO_MARK}.line {line}");
        }
        line_before = line;
        let mut text = String::new();
        if let Some(insn) = code.units.decode(*address) {
            dex.write_insn(&mut text, &insn);
            if insn.op.is_const_string()
                && let Some(value) = dex.string(StringId(insn.index))
                && let Some(shown) = secrets.hide(&value.to_str())
            {
                text = format!("{} v{}, {shown:?}", insn.op.name(), insn.a);
            }
        }
        let mark = if *address == pc { MARK } else { NO_MARK };
        let _ = write!(out, "\n{mark}  {address:04x}  {}", shortened(&text));
    }
    out
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_the_first_is_marked() {
        let lines =
            ["    <activity", "        android:name=\"a.B\"", "        />"].map(str::to_owned);
        assert_eq!(
            numbered(&lines, 12),
            ">    12  <activity\n     13      android:name=\"a.B\"\n     14      />"
        );
    }

    #[test]
    fn secrets_are_masked() {
        let digest = to_hex(&Sha256::digest("12345678"));
        let secrets = Secrets(BTreeSet::from([digest.as_str()]));
        assert_eq!(secrets.hide("12345678").as_deref(), Some("12***"));
        assert_eq!(secrets.hide("no secret"), None);
        assert_eq!(
            secrets.hide_quoted("<meta-data android:name=\"key\" android:value=\"12345678\" />"),
            "<meta-data android:name=\"key\" android:value=\"12***\" />"
        );
        let line = "    android:value=\"AKIAQ3EGRZ5XKL7VW2NB\" />";
        assert!(!secrets.hide_quoted(line).contains("AKIAQ3EGRZ5XKL7VW2NB"));
    }

    #[test]
    fn only_code_with_an_address_and_elements_have_windows() {
        let code = |instruction| {
            Some(CodePlace { class: "a.B".into(), instruction, ..CodePlace::default() })
        };
        for (path, offset, code, expected) in [
            ("classes.dex", None, code(Some(4)), true),
            ("base.apk!/classes2.dex", None, code(Some(0)), true),
            ("classes.dex", None, code(None), false),
            ("a/B.class", None, code(Some(4)), false),
            ("AndroidManifest.xml", Some(8), None, true),
            ("AndroidManifest.xml", None, None, false),
            ("lib/arm64-v8a/liba.so", Some(8), None, false),
        ] {
            let place = Place { path: path.into(), offset, code };
            assert_eq!(has_window(&place), expected, "{path}");
        }
    }
}
