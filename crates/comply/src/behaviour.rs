//! Behaviour logs: what was seen while the app ran, as JSON lines.
//!
//! One object a line. `time` is milliseconds from any origin, or an ISO 8601 time. `event` is
//! `call` (the default), `permission_request`, `permission_denied`, `permission_granted`,
//! `consent_shown`, `consent_agreed`, `consent_refused`, `exit`, `self_start`, `start_other`,
//! `download` or `send`. `consent` is `none`, `refused` or `agreed`; where it is absent it follows
//! from the events before. See `docs/comply.md`.
//!
//! ```
//! let log = menshen_comply::BehaviourLog::parse(r#"{"time": 5, "information": "imei"}"#);
//! assert_eq!(log.events.len(), 1);
//! ```

use crate::tables::information;
use menshen_base::{IssueKind, Owner, Place, ScanIssue, text};
use menshen_facts::{Collection, Fact, How};
use menshen_models::{sdks, sensitive_apis};
use serde::Deserialize;

/// Lines read of a log.
const LINES_MAX: usize = 1_000_000;

const BAD_LINE: IssueKind = IssueKind {
    code: "comply/log-line",
    title: text("行为日志中有无法读取的行", "a line of the behaviour log cannot be read"),
    lost: text("该行的行为未计入", "what it tells was not counted"),
};

/// One line as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Line {
    time: serde_json::Value,
    event: Option<String>,
    api: Option<String>,
    information: Option<String>,
    permission: Option<String>,
    foreground: Option<bool>,
    consent: Option<String>,
    stack: Vec<String>,
    host: Option<String>,
    preticked: Option<bool>,
    buttons: Vec<String>,
    target: Option<String>,
    confirmed: Option<bool>,
}

/// State of consent at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody was asked or has answered yet.
    None,
    Refused,
    Agreed,
}

impl Consent {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Refused => "refused",
            Self::Agreed => "agreed",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Milliseconds from the first event of the log.
    pub time: i64,
    pub event: String,
    pub api: Option<String>,
    pub information: Option<String>,
    pub permission: Option<String>,
    pub foreground: bool,
    pub consent: Consent,
    pub stack: Vec<String>,
    pub host: Option<String>,
    pub preticked: Option<bool>,
    pub buttons: Vec<String>,
    pub target: Option<String>,
    /// The person confirmed it.
    pub confirmed: Option<bool>,
    /// The SDK whose code is nearest to the call.
    pub sdk: Option<String>,
    /// Line of the log, from 1.
    pub line: usize,
}

/// A log, in order of time.
#[derive(Debug, Clone, Default)]
pub struct BehaviourLog {
    pub events: Vec<Event>,
    pub issues: Vec<ScanIssue>,
}

impl BehaviourLog {
    /// Reads the text of a log. A line that cannot be read is an issue; the others count.
    pub fn parse(log: &str) -> Self {
        let mut result = Self::default();
        let mut bad = 0usize;
        let mut first_bad = String::new();
        let mut raw: Vec<(i64, usize, Line)> = Vec::new();
        for (number, line) in log.lines().enumerate().take(LINES_MAX) {
            if line.trim().is_empty() || line.trim_start().starts_with("//") {
                continue;
            }
            match serde_json::from_str::<Line>(line) {
                Ok(parsed) => match milliseconds(&parsed.time) {
                    Some(time) => raw.push((time, number + 1, parsed)),
                    None => {
                        bad += 1;
                        first_bad = format!("line {}: no time", number + 1);
                    }
                },
                Err(error) => {
                    bad += 1;
                    if first_bad.is_empty() {
                        first_bad = format!("line {}: {error}", number + 1);
                    }
                }
            }
        }
        if bad > 0 {
            result
                .issues
                .push(ScanIssue::new(&BAD_LINE).detail(format!("{bad} lines; {first_bad}")));
        }
        raw.sort_by_key(|(time, number, _)| (*time, *number));
        let origin = raw.first().map_or(0, |(time, ..)| *time);
        let mut consent = Consent::None;
        for (time, number, line) in raw {
            let event = line.event.clone().unwrap_or_else(|| "call".to_owned());
            match event.as_str() {
                "consent_agreed" => consent = Consent::Agreed,
                "consent_refused" => consent = Consent::Refused,
                _ => {}
            }
            let stated = match line.consent.as_deref() {
                Some("agreed") => Consent::Agreed,
                Some("refused") => Consent::Refused,
                Some("none") => Consent::None,
                _ => consent,
            };
            result.events.push(make_event(
                time.saturating_sub(origin),
                number,
                event,
                stated,
                line,
            ));
        }
        result
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn calls(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.event == "call" && event.information.is_some())
    }

    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.event == kind)
    }

    /// The calls as facts of the same kind as those of the code.
    pub fn collections(&self, owner: &dyn Fn(&str) -> Owner) -> Vec<Fact<Collection>> {
        self.calls()
            .map(|event| {
                let caller = event.stack.first().map_or("", String::as_str);
                let (class, method) = caller.rsplit_once('.').unwrap_or((caller, ""));
                let early = event.consent != Consent::Agreed;
                let data = Collection {
                    information: event.information.clone().unwrap_or_default(),
                    api: event.api.clone().unwrap_or_default(),
                    way: "observed".to_owned(),
                    class: class.to_owned(),
                    method: method.to_owned(),
                    reachable: Some(true),
                    before_consent: if early { "yes" } else { "no" }.to_owned(),
                    chain: event.stack.iter().rev().cloned().collect(),
                    sdk: event.sdk.clone(),
                    consent: Some(event.consent.as_str().to_owned()),
                    foreground: Some(event.foreground),
                    time: Some(event.time),
                    ..Collection::default()
                };
                Fact {
                    data,
                    place: Place::file(format!("log#{}", event.line)),
                    owner: event.sdk.clone().map_or_else(|| owner(class), Owner::Sdk),
                    how: How::Imported,
                }
            })
            .collect()
    }
}

fn make_event(time: i64, line_number: usize, event: String, consent: Consent, line: Line) -> Event {
    let sdk = line.stack.iter().find_map(|frame| {
        let class = frame.split('(').next().unwrap_or(frame);
        sdks().by_class(class).map(|(sdk, _)| sdk).filter(|sdk| !sdk.personal_info.is_empty())
    });
    let by_api = || line.api.as_deref().and_then(information_of_api).map(str::to_owned);
    Event {
        time,
        information: line.information.filter(|id| information(id).is_some()).or_else(by_api),
        event,
        api: line.api,
        permission: line.permission,
        foreground: line.foreground.unwrap_or(true),
        consent,
        stack: line.stack,
        host: line.host,
        preticked: line.preticked,
        buttons: line.buttons,
        target: line.target,
        confirmed: line.confirmed,
        sdk: sdk.map(|sdk| sdk.id.to_owned()),
        line: line_number,
    }
}

/// The type that a method of the platform gives: `android.telephony.TelephonyManager.getImei`.
fn information_of_api(api: &str) -> Option<&'static str> {
    let (class, method) = api.rsplit_once('.')?;
    sensitive_apis()
        .iter()
        .find(|known| known.class == class && known.method == method)
        .map(|known| known.category)
        .filter(|id| !id.is_empty())
}

/// A number of milliseconds, or `2026-11-25T10:00:00.123Z` (the zone is not looked at).
fn milliseconds(time: &serde_json::Value) -> Option<i64> {
    if let Some(number) = time.as_i64() {
        return Some(number);
    }
    if let Some(number) = time.as_f64() {
        return Some(number as i64);
    }
    let text = time.as_str()?;
    let (day, clock) = text.split_once(['T', ' '])?;
    let mut day = day.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (day.next()??, day.next()??, day.next()??);
    let clock: String =
        clock.chars().take_while(|c| c.is_ascii_digit() || *c == ':' || *c == '.').collect();
    let mut parts = clock.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next()?.parse().ok()?;
    if !(1900..=3000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + (seconds * 1000.0) as i64)
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_consent() {
        let log = BehaviourLog::parse(concat!(
            "{\"time\": 1000, \"api\": \"android.telephony.TelephonyManager.getImei\", \"stack\": [\"com.umeng.commonsdk.A.b\", \"com.example.App.onCreate\"]}\n",
            "not json\n\n",
            "{\"time\": 2000, \"event\": \"consent_refused\"}\n",
            "{\"time\": 3500, \"information\": \"location\", \"foreground\": false}\n",
            "{\"event\": \"exit\"}\n",
        ));
        assert_eq!(log.events.len(), 3);
        assert_eq!(log.issues.len(), 1);
        let calls: Vec<_> = log.calls().collect();
        assert_eq!(calls[0].information.as_deref(), Some("imei"));
        assert_eq!((calls[0].time, calls[0].consent), (0, Consent::None));
        assert!(calls[0].sdk.as_deref().is_some_and(|id| id.contains("umeng")));
        assert_eq!(
            (calls[1].time, calls[1].consent, calls[1].foreground),
            (2500, Consent::Refused, false)
        );
    }

    #[test]
    fn times() {
        for (time, expected) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("2000-03-01 00:00:00", Some(951_868_800_000)),
            ("2026-11-25T10:00:00.250+08:00", Some(1_795_600_800_250)),
            ("2026-13-01T00:00:00", None),
            ("now", None),
        ] {
            assert_eq!(milliseconds(&serde_json::Value::from(time)), expected, "{time}");
        }
    }
}
