//! What several reports need to know about an assessment and none of them should compute apart.

use crate::{Assessment, Options, layout, words};
use menshen_base::{Evidence, Finding, Lang, Occurrence, Owner, Place, Severity, Text};
use menshen_rules::assessment::Suppressed;
use std::collections::HashMap;

/// An assessment with its findings split into those that stand and those that the baseline
/// accepts, and with its names looked up.
pub(crate) struct View<'a> {
    pub(crate) assessment: &'a Assessment,
    /// Findings with at least one location that the baseline does not accept.
    pub(crate) open: Vec<OpenFinding<'a>>,
    suppressed: HashMap<&'a str, &'a Suppressed>,
    sdk_names: HashMap<&'a str, (&'a str, &'a str)>,
    areas: HashMap<&'a str, &'a str>,
}

/// A finding and the locations of it that stand.
pub(crate) struct OpenFinding<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) locations: Vec<&'a Occurrence>,
}

impl<'a> View<'a> {
    pub(crate) fn new(assessment: &'a Assessment, options: &Options<'a>) -> Self {
        let suppressed: HashMap<_, _> = assessment
            .gate
            .suppressed
            .iter()
            .map(|entry| (entry.fingerprint.as_str(), entry))
            .collect();
        let sdk_names = assessment
            .facts
            .sdks
            .iter()
            .map(|sdk| (sdk.data.id.as_str(), (&*sdk.data.name_zh, &*sdk.data.name_en)))
            .collect();
        let areas = options.rules.iter().map(|rule| (&*rule.id, &*rule.area)).collect();
        let mut view = Self { assessment, open: Vec::new(), suppressed, sdk_names, areas };
        view.open = assessment.findings.iter().filter_map(|finding| view.stands(finding)).collect();
        view
    }

    fn stands(&self, finding: &'a Finding) -> Option<OpenFinding<'a>> {
        let locations: Vec<_> = finding
            .locations
            .iter()
            .filter(|location| self.suppression(finding, Some(location)).is_none())
            .collect();
        let accepted = match finding.locations.is_empty() {
            true => self.suppression(finding, None).is_some(),
            false => locations.is_empty(),
        };
        (!accepted).then_some(OpenFinding { finding, locations })
    }

    /// The baseline's entry for the finding as a whole, or for one of its locations.
    pub(crate) fn suppression(
        &self,
        finding: &Finding,
        location: Option<&Occurrence>,
    ) -> Option<&'a Suppressed> {
        let by_location = location.and_then(|at| self.suppressed.get(&*at.fingerprint));
        by_location.or_else(|| self.suppressed.get(&*finding.fingerprint)).copied()
    }

    /// Findings that stand, by severity in the order of [`words::SEVERITIES`].
    pub(crate) fn counts(&self) -> [usize; 5] {
        words::SEVERITIES.map(|severity| self.count(severity, |_| true))
    }

    pub(crate) fn count(&self, severity: Severity, wanted: impl Fn(&Owner) -> bool) -> usize {
        self.open
            .iter()
            .filter(|open| open.finding.severity == severity && wanted(&open.finding.owner))
            .count()
    }

    /// The findings to fix first: the most important ones that are more than hints.
    pub(crate) fn first(&self, max: usize) -> Vec<&OpenFinding<'a>> {
        self.open.iter().filter(|open| open.finding.severity > Severity::Info).take(max).collect()
    }

    /// Area of a finding: as its rule says, else by its first MASVS control, else `other`.
    pub(crate) fn area(&self, finding: &Finding) -> String {
        if let Some(area) = self.areas.get(&*finding.rule).filter(|area| !area.is_empty()) {
            return (*area).to_owned();
        }
        finding
            .maps
            .masvs
            .first()
            .and_then(|id| id.strip_prefix("MASVS-"))
            .and_then(|rest| rest.split('-').next())
            .map_or_else(|| "other".to_owned(), str::to_lowercase)
    }

    pub(crate) fn owner(&self, owner: &Owner) -> Text {
        match owner {
            Owner::App => Text::new("应用自身代码", "the app's own"),
            Owner::Unknown => Text::new("归属未知", "unknown owner"),
            Owner::Sdk(id) => match self.sdk_names.get(&**id) {
                Some((zh, en)) => Text::new(format!("SDK：{zh}"), format!("SDK: {en}")),
                // Code can be an SDK's by its package alone, without enough to call it present.
                None => match menshen_models::sdks().get(id) {
                    Some(sdk) => {
                        let en = if sdk.name_en.is_empty() { sdk.name_zh } else { sdk.name_en };
                        Text::new(format!("SDK：{}", sdk.name_zh), format!("SDK: {en}"))
                    }
                    None => Text::new(format!("SDK：{id}"), format!("SDK: {id}")),
                },
            },
        }
    }

    /// `baseline "default" is met`.
    pub(crate) fn baseline(&self) -> Text {
        let gate = &self.assessment.gate;
        let (zh, en) = match &*gate.baseline {
            "" => ("基线".to_owned(), "the baseline".to_owned()),
            name => (format!("基线“{name}”"), format!("baseline \"{name}\"")),
        };
        match gate.passed {
            true => Text::new(format!("满足{zh}"), format!("{en} is met")),
            false => Text::new(format!("不满足{zh}"), format!("{en} is not met")),
        }
    }

    /// What the app is called in a heading: label, else package, else file.
    pub(crate) fn name(&self) -> &'a str {
        let artifact = &self.assessment.artifact;
        let named = artifact.label.as_deref().or(artifact.package.as_deref());
        named.filter(|name| !name.is_empty()).unwrap_or(&artifact.name)
    }

    /// The path without the artifact's own name before it.
    pub(crate) fn path<'p>(&self, place: &'p Place) -> &'p str {
        inner_path(&self.assessment.artifact.name, &place.path)
    }

    /// See [`place_line`].
    pub(crate) fn place(&self, place: &Place) -> String {
        place_line(&self.assessment.artifact.name, place)
    }
}

/// Where something is in an artifact, in one line: code by its method, all else by its path.
pub(crate) fn place_line(artifact_name: &str, place: &Place) -> String {
    let path = match inner_path(artifact_name, &place.path) {
        "" if place.code.is_none() => artifact_name,
        path => path,
    };
    let Some(code) = &place.code else {
        return match place.offset {
            Some(offset) => format!("{path} @0x{offset:x}"),
            None => path.to_owned(),
        };
    };
    let mut out = code.class.clone();
    let member = code.member.split('(').next().unwrap_or_default();
    if !member.is_empty() {
        out.push('.');
        out.push_str(member);
    }
    match (code.line, code.instruction) {
        (Some(line), _) => out.push_str(&format!(":{line}")),
        (None, Some(at)) => out.push_str(&format!(" +0x{at:x}")),
        (None, None) => {}
    }
    if !path.is_empty() {
        out.push_str(&format!(" ({path})"));
    }
    out
}

/// The evidence of one finding by place: findings with thousands of locations occur.
pub(crate) struct EvidenceIndex<'a>(HashMap<&'a Place, &'a Evidence>);

impl<'a> EvidenceIndex<'a> {
    pub(crate) fn new(finding: &'a Finding) -> Self {
        // The first evidence at a place counts.
        Self(finding.evidence.iter().rev().map(|evidence| (&evidence.place, evidence)).collect())
    }

    pub(crate) fn at(&self, place: &Place) -> Option<&'a Evidence> {
        self.0.get(place).copied()
    }
}

/// The path without the artifact's own name before it.
pub(crate) fn inner_path<'p>(artifact_name: &str, path: &'p str) -> &'p str {
    if path == artifact_name {
        return path;
    }
    path.strip_prefix(artifact_name).and_then(|rest| rest.strip_prefix("!/")).unwrap_or(path)
}

/// `18.2 MiB`; whole numbers below a KiB.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `5.0 (21)`, or `API 99` for a level without a name here.
pub(crate) fn android(level: i64) -> String {
    match words::android_version(level) {
        Some(version) => format!("{version} ({level})"),
        None => format!("API {level}"),
    }
}

/// `1 place`, `2 places`, `2 处`.
pub(crate) fn places(count: usize, lang: Lang) -> String {
    match (lang, count) {
        (Lang::Zh, _) => format!("{count} 处"),
        (Lang::En, 1) => "1 place".to_owned(),
        (Lang::En, _) => format!("{count} places"),
    }
}

/// `1 critical, 3 high`: counts that are not zero; both languages.
pub(crate) fn counts_line(counts: [usize; 5]) -> Text {
    let parts = |lang: Lang| {
        let shown = words::SEVERITIES.iter().zip(counts).filter(|(_, count)| *count > 0);
        shown.map(move |(severity, count)| match lang {
            Lang::Zh => format!("{} {count}", words::severity(*severity).zh),
            Lang::En => format!("{count} {}", words::severity(*severity).en),
        })
    };
    if counts.iter().sum::<usize>() == 0 {
        return Text::new("未发现问题", "no findings");
    }
    Text::new(
        parts(Lang::Zh).collect::<Vec<_>>().join("，"),
        parts(Lang::En).collect::<Vec<_>>().join(", "),
    )
}

/// Lines of one code window that a page shows.
const WINDOW_LINES_MAX: usize = 60;

/// The lines of a code window without active characters; tabs become four spaces.
pub(crate) fn window_lines(window: &str) -> Vec<String> {
    window
        .lines()
        .take(WINDOW_LINES_MAX)
        .map(|line| layout::visible(&line.replace('\t', "    ")).trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let rows = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (18 * 1024 * 1024 + 200 * 1024, "18.1 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn counts_in_words() {
        assert_eq!(counts_line([0; 5]).en, "no findings");
        assert_eq!(counts_line([1, 0, 2, 0, 0]).en, "1 critical, 2 medium");
        assert_eq!(counts_line([1, 0, 2, 0, 0]).zh, "严重 1，中危 2");
    }
}
