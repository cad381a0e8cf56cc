//! Views that matter to a rule: text fields, what runs on a touch, buttons that give something away.

use crate::fact;
use crate::xml::Node;
use menshen_base::Owner;
use menshen_facts::{Fact, View};

/// Input types whose text is hidden. Source: `android.text.InputType`, variation bits.
const CLASS_MASK: i64 = 0x0f;
const VARIATION_MASK: i64 = 0xff0;
const CLASS_TEXT: i64 = 1;
const CLASS_NUMBER: i64 = 2;
const PASSWORD: i64 = 0x80;
const VISIBLE_PASSWORD: i64 = 0x90;
const WEB_PASSWORD: i64 = 0xe0;
const NUMBER_PASSWORD: i64 = 0x10;
const NO_SUGGESTIONS: i64 = 0x8_0000;

/// Words of ids, hints and labels by which a field takes a secret.
const SECRET_WORDS: [&str; 22] = [
    "password",
    "passwd",
    "passcode",
    "passphrase",
    "pwd",
    "pin",
    "pincode",
    "cvv",
    "cvc",
    "otp",
    "secret",
    "密码",
    "口令",
    "验证码",
    "支付密码",
    "安全码",
    "mima",
    "verifycode",
    "smscode",
    "captcha",
    "securitycode",
    "pass",
];

/// Words of ids and labels of buttons by which a touch gives away money or rights.
const CONFIRMING_WORDS: [&str; 20] = [
    "pay",
    "payment",
    "paynow",
    "purchase",
    "withdraw",
    "remit",
    "sendmoney",
    "transfermoney",
    "confirmtransfer",
    "confirmorder",
    "authorize",
    "authorise",
    "grant",
    "grantpermission",
    "支付",
    "付款",
    "转账",
    "汇款",
    "提现",
    "授权",
];

/// The views of one layout. `path` is that of the layout.
pub fn detect(root: Node<'_>, path: &str) -> Vec<Fact<View>> {
    root.descendants().filter_map(|node| view(node, path)).collect()
}

/// Resource ids of the fields of a layout whose text is hidden.
pub fn hidden_views(root: Node<'_>) -> Vec<i64> {
    root.descendants()
        .filter(|node| {
            node.int("inputType").is_some_and(is_password)
                || node.any_flag("password") == Some(true)
        })
        .filter_map(|node| node.attribute("id")?.as_reference())
        .map(i64::from)
        .collect()
}

fn view(node: Node<'_>, path: &str) -> Option<Fact<View>> {
    let class = node.tag();
    let on_click = node.text("onClick");
    let input_type = node.int("inputType");
    let is_field =
        class.contains("EditText") || class.contains("TextInput") || input_type.is_some();
    let is_button =
        class.ends_with("Button") || on_click.is_some() || node.any_flag("clickable") == Some(true);
    let text = node.text("text");
    let hides = input_type.is_some_and(is_password);
    let id = node.attribute("id").and_then(|attribute| {
        let name = node.resources.name(attribute.as_reference()?)?;
        Some(name.rsplit('/').next().unwrap_or_default().to_owned())
    });
    let hint = node.text("hint");
    let described = node.text("contentDescription");
    let names = |names: &[Option<&str>], words: &[&str]| {
        names.iter().flatten().any(|name| has_word(name, words))
    };
    let named = names(&[id.as_deref(), hint.as_deref(), described.as_deref()], &SECRET_WORDS);
    let confirms = is_button
        && names(&[id.as_deref(), text.as_deref(), described.as_deref()], &CONFIRMING_WORDS);
    let filter_touches = node.any_flag("filterTouchesWhenObscured").unwrap_or(false);
    if !is_field && on_click.is_none() && !confirms && !filter_touches {
        return None;
    }
    let data = View {
        layout: path.to_owned(),
        class: class.to_owned(),
        id,
        hint,
        input_type,
        password_type: hides || node.any_flag("password") == Some(true),
        suggestions: !hides && input_type.is_none_or(|bits| bits & NO_SUGGESTIONS == 0),
        looks_secret: is_field && named,
        confirms,
        on_click,
        filter_touches,
        text,
    };
    Some(fact(data, node.place(path), Owner::App))
}

fn is_password(input_type: i64) -> bool {
    let variation = input_type & VARIATION_MASK;
    match input_type & CLASS_MASK {
        CLASS_TEXT => matches!(variation, PASSWORD | WEB_PASSWORD),
        CLASS_NUMBER => variation == NUMBER_PASSWORD,
        // `visiblePassword` shows what is typed.
        _ => variation != VISIBLE_PASSWORD && variation == PASSWORD,
    }
}

/// Whole words of an identifier or a label: `et_pwd`, `loginPassword`, `请输入密码`.
fn has_word(name: &str, wanted: &[&str]) -> bool {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for c in name.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && lower_before);
        if boundary && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        lower_before = c.is_lowercase();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.push(word);
    let joined: Vec<String> =
        words.windows(2).map(|pair| pair.concat()).chain(words.iter().cloned()).collect();
    joined.iter().any(|word| {
        wanted.iter().any(|wanted| match wanted.is_ascii() {
            true => word == wanted,
            false => word.contains(wanted),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_by_name() {
        for (name, expected) in [
            ("et_pwd", true),
            ("loginPassword", true),
            ("input_verify_code", true),
            ("请输入密码", true),
            ("shipping", false),
            ("spinner", false),
            ("compass", false),
            ("pin_code", true),
            ("email", false),
        ] {
            assert_eq!(has_word(name, &SECRET_WORDS), expected, "{name}");
        }
    }

    #[test]
    fn buttons_that_confirm_by_name() {
        for (name, expected) in [
            ("confirm_payment", true),
            ("btnPay", true),
            ("Confirm payment", true),
            ("确认支付", true),
            ("confirm_order", true),
            ("payload", false),
            ("confirm", false),
            ("display", false),
            ("allow_notifications", false),
        ] {
            assert_eq!(has_word(name, &CONFIRMING_WORDS), expected, "{name}");
        }
    }

    #[test]
    fn input_types() {
        for (bits, expected) in
            [(0x81, true), (0xe1, true), (0x12, true), (0x91, false), (0x21, false), (2, false)]
        {
            assert_eq!(is_password(bits), expected, "{bits:#x}");
        }
    }
}
