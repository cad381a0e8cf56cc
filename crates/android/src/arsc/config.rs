//! Configurations (`ResTable_config`): for which devices a resource value is meant.

use crate::dex::reader::u16_at;
use std::fmt;

/// A configuration. All zero: the default, for every device.
/// Source: `ResTable_config` in AOSP `ResourceTypes.h`; fields keep their packed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Config {
    pub mcc: u16,
    pub mnc: u16,
    /// ISO 639 code, padded with zeros.
    pub language: [u8; 3],
    /// ISO 3166 or UN M.49 code, padded with zeros.
    pub region: [u8; 3],
    /// ISO 15924 code; only where it was written, not derived.
    pub script: [u8; 4],
    pub variant: [u8; 8],
    pub numbering: [u8; 8],
    pub orientation: u8,
    pub touchscreen: u8,
    /// Dots per inch; 0xfffe any, 0xffff none.
    pub density: u16,
    pub keyboard: u8,
    pub navigation: u8,
    /// Bits 0-1 keys hidden, bits 2-3 navigation hidden.
    pub input_flags: u8,
    pub grammatical_gender: u8,
    pub screen_width: u16,
    pub screen_height: u16,
    pub sdk_version: u16,
    pub minor_version: u16,
    /// Bits 0-3 size, 4-5 long, 6-7 layout direction.
    pub screen_layout: u8,
    /// Bits 0-3 type, 4-5 night.
    pub ui_mode: u8,
    pub smallest_width_dp: u16,
    pub width_dp: u16,
    pub height_dp: u16,
    /// Bits 0-1 round.
    pub screen_layout2: u8,
    /// Bits 0-1 wide gamut, 2-3 high dynamic range.
    pub color_mode: u8,
}

impl Config {
    /// Reads the structure, whose own first field is its size; older ones are shorter.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let u8_at = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let half = |at: usize| u16_at(bytes, at).unwrap_or(0);
        let script_computed = u8_at(52) != 0;
        Self {
            mcc: half(4),
            mnc: half(6),
            language: unpack([u8_at(8), u8_at(9)], b'a'),
            region: unpack([u8_at(10), u8_at(11)], b'0'),
            script: if script_computed { [0; 4] } else { array_at(bytes, 36) },
            variant: array_at(bytes, 40),
            numbering: array_at(bytes, 53),
            orientation: u8_at(12),
            touchscreen: u8_at(13),
            density: half(14),
            keyboard: u8_at(16),
            navigation: u8_at(17),
            input_flags: u8_at(18),
            grammatical_gender: u8_at(19) & 3,
            screen_width: half(20),
            screen_height: half(22),
            sdk_version: half(24),
            minor_version: half(26),
            screen_layout: u8_at(28),
            ui_mode: u8_at(29),
            smallest_width_dp: half(30),
            width_dp: half(32),
            height_dp: half(34),
            screen_layout2: u8_at(48) & 3,
            color_mode: u8_at(49) & 15,
        }
    }

    /// Holds for every device.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Nothing but a platform version is asked for.
    pub fn is_default_but_version(&self) -> bool {
        Self { sdk_version: 0, minor_version: 0, ..*self } == Self::default()
    }

    pub fn is_night(&self) -> bool {
        (self.ui_mode >> 4) & 3 == 2
    }

    /// The language code, empty if any.
    pub fn language(&self) -> &str {
        text_of(&self.language)
    }

    /// The region code, empty if any.
    pub fn region(&self) -> &str {
        text_of(&self.region)
    }

    /// As in a folder name: `zh-rCN`, `b+sr+Latn`; empty if any locale will do.
    pub fn locale(&self) -> String {
        let (language, region) = (self.language(), self.region());
        if language.is_empty() {
            return String::new();
        }
        let tags = [
            (self.script != [0; 4]).then(|| text_of(&self.script).to_owned()),
            (!region.is_empty()).then(|| region.to_owned()),
            (self.variant != [0; 8]).then(|| text_of(&self.variant).to_owned()),
            (self.numbering != [0; 8]).then(|| format!("u+nu+{}", text_of(&self.numbering))),
        ];
        match tags {
            [None, None, None, None] => language.to_owned(),
            [None, Some(region), None, None] => format!("{language}-r{region}"),
            tags => {
                let tags: Vec<_> = tags.into_iter().flatten().collect();
                format!("b+{language}+{}", tags.join("+"))
            }
        }
    }

    /// Folder qualifiers in the platform's order.
    fn qualifiers(&self) -> Vec<String> {
        let named = |value: u8, names: &[&str]| {
            let name = usize::from(value).checked_sub(1).and_then(|at| names.get(at));
            name.map(|name| (*name).to_owned())
        };
        let number = |prefix: &str, value: u16, suffix: &str| {
            (value != 0).then(|| format!("{prefix}{value}{suffix}"))
        };
        let layout = self.screen_layout;
        let locale = self.locale();
        let size = (self.screen_width != 0 || self.screen_height != 0)
            .then(|| format!("{}x{}", self.screen_width, self.screen_height));
        let version =
            (self.sdk_version != 0 || self.minor_version != 0).then(|| match self.minor_version {
                0 => format!("v{}", self.sdk_version),
                minor => format!("v{}.{minor}", self.sdk_version),
            });
        [
            number("mcc", self.mcc, ""),
            number("mnc", self.mnc, ""),
            (!locale.is_empty()).then_some(locale),
            named(self.grammatical_gender, &["neuter", "feminine", "masculine"]),
            named(layout >> 6, &["ldltr", "ldrtl"]),
            number("sw", self.smallest_width_dp, "dp"),
            number("w", self.width_dp, "dp"),
            number("h", self.height_dp, "dp"),
            named(layout & 15, &["small", "normal", "large", "xlarge"]),
            named((layout >> 4) & 3, &["notlong", "long"]),
            named(self.screen_layout2 & 3, &["notround", "round"]),
            named(self.color_mode & 3, &["nowidecg", "widecg"]),
            named((self.color_mode >> 2) & 3, &["lowdr", "highdr"]),
            named(self.orientation, &["port", "land", "square"]),
            named(
                self.ui_mode & 15,
                &["", "desk", "car", "television", "appliance", "watch", "vrheadset"],
            ),
            named((self.ui_mode >> 4) & 3, &["notnight", "night"]),
            density(self.density),
            named(self.touchscreen, &["notouch", "stylus", "finger"]),
            named(self.input_flags & 3, &["keysexposed", "keyshidden", "keyssoft"]),
            named(self.keyboard, &["nokeys", "qwerty", "12key"]),
            named((self.input_flags >> 2) & 3, &["navexposed", "navhidden"]),
            named(self.navigation, &["nonav", "dpad", "trackball", "wheel"]),
            size,
            version,
        ]
        .into_iter()
        .flatten()
        .filter(|qualifier| !qualifier.is_empty())
        .collect()
    }
}

fn density(value: u16) -> Option<String> {
    let name = match value {
        0 => return None,
        120 => "ldpi",
        160 => "mdpi",
        213 => "tvdpi",
        240 => "hdpi",
        320 => "xhdpi",
        480 => "xxhdpi",
        640 => "xxxhdpi",
        0xfffe => "anydpi",
        0xffff => "nodpi",
        other => return Some(format!("{other}dpi")),
    };
    Some(name.to_owned())
}

/// Qualifiers as in a folder name, `zh-rCN-night-v21`; empty for the default.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.qualifiers().join("-"))
    }
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let end = at.saturating_add(N);
    bytes.get(at..end).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

fn text_of(code: &[u8]) -> &str {
    let end = code.iter().position(|byte| *byte == 0).unwrap_or(code.len());
    code.get(..end).and_then(|code| std::str::from_utf8(code).ok()).unwrap_or_default()
}

/// Two letters, or three packed into 15 bits when the high bit is set.
fn unpack(code: [u8; 2], base: u8) -> [u8; 3] {
    let [first, second] = code;
    if first & 0x80 == 0 {
        return [first, second, 0];
    }
    let letter = |value: u8| value.saturating_add(base);
    [
        letter(second & 0x1f),
        letter((second >> 5) | ((first & 0x03) << 3)),
        letter((first & 0x7c) >> 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifier_strings() {
        let default = Config::default();
        let zh = Config { language: *b"zh\0", ..default };
        for (config, text) in [
            (default, ""),
            (zh, "zh"),
            (Config { region: *b"CN\0", ..zh }, "zh-rCN"),
            (Config { script: *b"Hans", ..zh }, "b+zh+Hans"),
            (Config { script: *b"Hans", region: *b"SG\0", ..zh }, "b+zh+Hans+SG"),
            (Config { sdk_version: 21, ..default }, "v21"),
            (Config { ui_mode: 0x20, sdk_version: 8, ..zh }, "zh-night-v8"),
            (Config { ui_mode: 0x21, ..default }, "night"),
            (Config { density: 0xfffe, sdk_version: 26, ..default }, "anydpi-v26"),
            (Config { density: 480, ..default }, "xxhdpi"),
            (Config { density: 411, ..default }, "411dpi"),
            (Config { mcc: 310, mnc: 4, ..default }, "mcc310-mnc4"),
            (Config { screen_layout: 0x80 | 0x20 | 3, ..default }, "ldrtl-large-long"),
            (Config { smallest_width_dp: 600, orientation: 2, ..default }, "sw600dp-land"),
            (Config { input_flags: 0x0a, keyboard: 2, ..default }, "keyshidden-qwerty-navhidden"),
            (Config { screen_width: 640, screen_height: 480, ..default }, "640x480"),
        ] {
            assert_eq!(config.to_string(), text);
        }
        assert!(Config { sdk_version: 21, ..default }.is_default_but_version());
        assert!(!zh.is_default_but_version());
    }

    #[test]
    fn three_letter_codes_are_unpacked() {
        // "fil" packed: letters 5, 8, 11.
        let (a, b, c) = (5u8, 8u8, 11u8);
        let packed = [0x80 | (c << 2) | (b >> 3), ((b & 7) << 5) | a];
        assert_eq!(&unpack(packed, b'a'), b"fil");
        assert_eq!(&unpack(*b"zh", b'a'), b"zh\0");
        // UN M.49 region 419.
        let (a, b, c) = (4u8, 1u8, 9u8);
        let packed = [0x80 | (c << 2) | (b >> 3), ((b & 7) << 5) | a];
        assert_eq!(&unpack(packed, b'0'), b"419");
    }
}
