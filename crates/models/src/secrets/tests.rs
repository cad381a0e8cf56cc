//! What is found and what is not. Values are made up for these tests and belong to nobody; they
//! are put together at run time where a scanner of source code would take them for real.

use super::*;

/// `kind class` of each hit.
fn kinds(text: &str, name: Option<&str>) -> Vec<String> {
    let hits = secret_scanner().scan(text, name);
    hits.iter().map(|hit| format!("{} {}", hit.kind, hit.class.as_str())).collect()
}

const HEX32: &str = "9c1185a5c5e9fc54612808977ee8f548";
const RANDOM: &str = "q7Lx2VbT9sKd04HnZw8RmYcU3pJfGe6AiBo1";

fn token(prefix: &str, length: usize) -> String {
    let tail: String = RANDOM.chars().cycle().take(length).collect();
    format!("{prefix}{tail}")
}

fn upper(prefix: &str, length: usize) -> String {
    let tail: String = "QX7L2VBTSKD5HNZWRMYC".chars().cycle().take(length).collect();
    format!("{prefix}{tail}")
}

#[test]
fn shapes_decide_by_themselves() {
    let hex64 = format!("{HEX32}{HEX32}");
    let uuid = "2f6a1c9e-7b3d-4e58-9a01-d4c8b7e6f532";
    let rows: Vec<(String, &str)> = vec![
        (upper("AKIA", 16), "aws-access-key-id secret"),
        (format!("key = \"{}\";", upper("ASIA", 16)), "aws-access-key-id secret"),
        (token("LTAI", 20), "aliyun-access-key-id secret"),
        (token("AKID", 32), "tencent-cloud-secret-id secret"),
        (token("AIza", 35), "google-api-key identifier"),
        (token("GOCSPX-", 28), "google-oauth-client-secret secret"),
        (token("xoxb-", 40), "slack-token secret"),
        (token("ghp_", 36), "github-token secret"),
        (token("glpat-", 20), "gitlab-token secret"),
        (token("sk_live_", 24), "stripe-secret-key secret"),
        (token("pk_live_", 24), "stripe-publishable-key identifier"),
        (token("hf_", 34), "huggingface-token secret"),
        (
            format!("https://oapi.dingtalk.com/robot/send?access_token={hex64}"),
            "dingtalk-webhook secret",
        ),
        (
            format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={uuid}"),
            "wecom-webhook secret",
        ),
        (format!("https://open.feishu.cn/open-apis/bot/v2/hook/{uuid}"), "feishu-webhook secret"),
        (
            format!(
                "https://hooks.slack.com/services/{}",
                "T02AB8K9X/B04CD7L2M/q7Lx2VbT9sKd04HnZw8RmYcU"
            ),
            "slack-webhook secret",
        ),
        (token("123456789:AA", 33), "telegram-bot-token secret"),
        ("wx8f3a1c9e7b2d4e58".to_owned(), "wechat-app-id identifier"),
        (
            format!(
                "10293847566-{}.apps.googleusercontent.com",
                "q7lx2vbt9skd04hnzw8rmycu3pjfge6a"
            ),
            "google-oauth-client-id identifier",
        ),
        ("mongodb://root:k3Xd90sL@db.shop.cn:27017/x".to_owned(), "database-credentials secret"),
        ("redis://:k3Xd90sL@cache.shop.cn".to_owned(), "database-credentials secret"),
        ("https://deploy:k3Xd90sL@git.shop.cn/x.git".to_owned(), "basic-auth-url secret"),
        (
            "jdbc:mysql://db.shop.cn/x?user=root&password=k3Xd90sL".to_owned(),
            "database-credentials secret",
        ),
        ("Authorization: Basic YXBwOmszWGQ5MHNM".to_owned(), "basic-auth-header secret"),
        (format!("Authorization: Bearer {}", token("", 36)), "bearer-token secret"),
        (format!("sk-{}", HEX32), "model-service-key secret"),
        (format!("AccountKey={}==", token("", 86)), "azure-storage-key secret"),
        (format!("AAAAq7Lx2Vb:APA91b{}", token("", 134)), "firebase-server-key secret"),
    ];
    for (text, expected) in &rows {
        assert_eq!(kinds(text, None), [*expected], "{text}");
        // In a longer text, too, but not in the middle of a word.
        let inside = format!("x = '{text}' ;");
        assert_eq!(kinds(&inside, None), [*expected], "{inside}");
    }
}

#[test]
fn shapes_that_are_not() {
    for text in [
        concat!("AKIAIOSFODNN7", "EXAMPLE").to_owned(),
        format!("AKIA{}", "A".repeat(16)),
        upper("AKIA", 15),
        upper("AKIA", 17),
        upper("xAKIA", 16),
        format!("{}=", upper("AKIA", 16)),
        format!("iVBORw0KGgo{}{}", upper("AKIA", 16), RANDOM),
        "AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX".to_owned(),
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        token("ghp_", 12),
        "sk_live_your_key_here_please".to_owned(),
        "wx0000000000000000".to_owned(),
        "wx1234567890abcdef".to_owned(),
        "wx8F3A1C9E7B2D4E58".to_owned(),
        "wxapi.WXEntryActivity".to_owned(),
        "https://user:password@shop.cn/".to_owned(),
        "https://%s:%s@shop.cn/".to_owned(),
        "https://{user}:{pass}@shop.cn/".to_owned(),
        "https://a.shop.cn/x:y@z".to_owned(),
        "mailto:someone@shop.cn".to_owned(),
        "Basic realm=\"shop\"".to_owned(),
        "basic knowledge of things".to_owned(),
        "Bearer token".to_owned(),
        "Bearer ".to_owned(),
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4"
            .to_owned(),
        HEX32.to_owned(),
        format!("{HEX32}{HEX32}"),
        "2f6a1c9e-7b3d-4e58-9a01-d4c8b7e6f532".to_owned(),
        "com.google.android.gms.auth.api.credentials.CredentialsApi".to_owned(),
        "Lcom/example/token/TokenProvider;".to_owned(),
        RANDOM.to_owned(),
    ] {
        assert_eq!(kinds(&text, None), [""; 0], "{text}");
    }
}

#[test]
fn tokens_with_structure() {
    let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    let body = "eyJzdWIiOiI0MiIsIm5hbWUiOiJhIn0";
    let signature = "q7Lx2VbT9sKd04HnZw8RmYcU3pJfGe6AiBo1q7Lx2Vb";
    assert_eq!(kinds(&format!("{header}.{body}.{signature}"), None), ["jwt secret"]);
    assert_eq!(kinds(&format!("Bearer {header}.{body}.{signature}"), None), ["jwt secret"]);
    for text in [
        format!("{header}.{body}"),
        format!("{header}.{body}.short"),
        format!("{header}.{body}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"),
        format!("eyJub3QiOiJhIGhlYWRlciJ9.{body}.{signature}"),
        format!("x{header}.{body}.{signature}"),
    ] {
        assert_eq!(kinds(&text, None), [""; 0], "{text}");
    }
}

#[test]
fn private_keys() {
    let body: String = RANDOM.chars().cycle().take(640).collect();
    let pem = |label: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
    assert_eq!(kinds(&pem("RSA PRIVATE KEY"), None), ["private-key secret"]);
    assert_eq!(kinds(&pem("PRIVATE KEY").replace('\n', "\\n"), None), ["private-key secret"]);
    assert_eq!(kinds(&pem("ENCRYPTED PRIVATE KEY"), None), ["encrypted-private-key secret"]);
    let old = pem("RSA PRIVATE KEY").replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
        1,
    );
    assert_eq!(kinds(&old, None), ["encrypted-private-key secret"]);
    assert_eq!(
        kinds(&format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{body}"), None),
        ["private-key-base64 secret"]
    );
    assert_eq!(kinds(&format!("MIIEpAIBAAKCAQEA{body}"), None), ["private-key-base64 secret"]);
    assert_eq!(kinds(&format!("MIICXAIBAAKBgQ{body}"), None), ["private-key-base64 secret"]);
    for text in [
        pem("PUBLIC KEY"),
        pem("PRIVATE KEY").replacen(&RANDOM[..26], "CCBtayYNDrM3NFnkBbwTd6gaWp", 1),
        pem("CERTIFICATE"),
        "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
        "-----BEGIN PRIVATE KEY-----%s-----END PRIVATE KEY-----".to_owned(),
        format!("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA{body}"),
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".to_owned(),
    ] {
        assert_eq!(kinds(&text, None), [""; 0], "{text}");
    }
}

#[test]
fn names_decide_with_their_values() {
    for (name, value, expected) in [
        ("password", "hunter2024", Some("generic-password secret")),
        ("DB_PASSWORD", "P@ssw0rd!", Some("generic-password secret")),
        ("adminPwd", "123456", Some("generic-password secret")),
        ("ADMIN_PASSWORD", "admin", Some("generic-password secret")),
        ("keystorePassword", "android1!", Some("generic-password secret")),
        ("keystorePassword", "changeit", Some("generic-password secret")),
        ("PASSWORD", "secret123", Some("generic-password secret")),
        ("password", "Passw0rd", Some("generic-password secret")),
        ("JWT_SECRET", "thisisasecretkey", Some("generic-secret secret")),
        ("SECRET_KEY", "MySecretKey12345", Some("generic-secret secret")),
        ("API_SECRET", "SuperSecret123", Some("generic-secret secret")),
        ("apiKey", HEX32, Some("generic-key secret")),
        ("AES_KEY", "k3Xd90sLq2VbT7mN", Some("generic-key secret")),
        ("accessToken", RANDOM, Some("generic-token secret")),
        ("WX_APP_SECRET", HEX32, Some("wechat-app-secret secret")),
        (
            "aws_secret_access_key",
            "q7Lx2VbT9sKd04HnZw8RmYcU3pJfGe6AiBo1/+7L",
            Some("aws-secret-access-key secret"),
        ),
        (
            "aliyunAccessKeySecret",
            "q7Lx2VbT9sKd04HnZw8RmYcU3pJfGe",
            Some("aliyun-access-key-secret secret"),
        ),
        ("com.amap.api.v2.apikey", HEX32, Some("amap-api-key identifier")),
        ("JPUSH_APPKEY", "9c1185a5c5e9fc54612808ab", Some("jpush-app-key identifier")),
        ("UMENG_APPKEY", "5f3c9e1a8b7d2c4f6a0e9b31", Some("umeng-app-key identifier")),
        ("UMENG_MESSAGE_SECRET", HEX32, Some("umeng-message-secret identifier")),
        ("JPUSH_MASTER_SECRET", "9c1185a5c5e9fc54612808ab", Some("jpush-master-secret secret")),
        ("facebook_client_token", HEX32, Some("facebook-client-token identifier")),
        ("password", "password", None),
        ("password", "Enter your password", None),
        ("password", "请输入密码", None),
        ("password_hint", "hunter2024", None),
        ("PASSWORD_ENCODE_SET", "a:;<=>@[]^12", None),
        ("password", "\"':;<=>@[]^`{}|", None),
        ("KEY_PASSWORD", "user_password", None),
        ("EXTRA_TOKEN", "com.example.extra.TOKEN", None),
        ("token", "access_token_v2", None),
        ("SECRET_KEY", "sha256_key", None),
        ("SECRET_KEY", "client_secret_value", None),
        ("SECRET_KEY", "clientsecret", None),
        ("AUTH_TOKEN", "authenticationtoken", None),
        ("TOKEN_TYPE", "Bearer", None),
        ("secret", "@string/api_secret", None),
        ("secret", "${API_SECRET}", None),
        ("API_SECRET", "YOUR_API_SECRET_1234", None),
        ("API_SECRET", "xxxxxxxxxxxxxxxx1", None),
        ("API_KEY", "API_KEY", None),
        ("apiKey", "apiKeyValue", None),
        ("ENCRYPT_KEY", "AES/CBC/PKCS5Padding", None),
        ("secret_url", "https://shop.cn/secret/12345678", None),
        ("secret", "https://shop.cn/secret/12345678", None),
        ("password", "true", None),
        ("passwordLabel", "12345678", None),
        ("RSA_PUBLIC_KEY", "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7", None),
        ("token_hash", HEX32, None),
        ("title", "k3Xd90sLq2VbT7mN", None),
        ("monkey", "k3Xd90sLq2VbT7mN", None),
        ("checksum", HEX32, None),
        ("mapping_file_id", HEX32, None),
    ] {
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(kinds(value, Some(name)), expected, "{name} = {value}");
    }
}

#[test]
fn assignments_in_text() {
    let text = format!("appid=wx8f3a1c9e7b2d4e58\nwx.appsecret={HEX32}\n");
    assert_eq!(kinds(&text, None), ["wechat-app-id pair", "wechat-app-secret pair"]);
    let id = token("LTAI", 20);
    let text =
        format!(r#"{{"accessKeyId":"{id}","accessKeySecret":"q7Lx2VbT9sKd04HnZw8RmYcU3pJfGe"}}"#);
    assert_eq!(kinds(&text, None), ["aliyun-access-key-id pair", "aliyun-access-key-secret pair"]);
    for (text, expected) in [
        ("https://a.shop.cn/x?user=a&password=hunter2024", Some("generic-password secret")),
        ("db.password=hunter2024", Some("generic-password secret")),
        (r#"{"password":"hunter2024"}"#, Some("generic-password secret")),
        (r#"<string name="api_secret">k3Xd90sLq2VbT7mN</string>"#, Some("generic-secret secret")),
        ("const token = 'k3Xd90sLq2VbT7mN'", Some("generic-token secret")),
        ("password=%s", None),
        ("this.password=e.password,this.token=t", None),
        ("{password:n(123),token:r[12]}", None),
        ("\"password\":\"\"", None),
        ("password: must have 8 characters", None),
        ("token=null&secret=undefined", None),
        (r#"{"password":"password","type":"text"}"#, None),
        ("UPDATE t SET password=? WHERE id=?", None),
    ] {
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(kinds(text, None), expected, "{text}");
    }
    let text = "a b password=hunter2024&c";
    let hit = &secret_scanner().scan(text, None)[0];
    assert_eq!(&text[hit.range.clone()], "hunter2024");
    assert_eq!(&text[hit.name.clone().unwrap()], "password");
}

#[test]
fn masks() {
    for (value, expected) in [
        ("", "***"),
        ("secret", "***"),
        ("hunter2024", "hu***"),
        ("AKIAQX7L2VBTSKD5HNZW", "AKIA***ZW"),
        ("密码密码密码密码密码", "密码***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "-----BEGIN RSA PRIVATE KEY-----***"),
    ] {
        assert_eq!(masked(value), expected);
    }
}

#[test]
fn hostile_text() {
    for piece in [
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJ",
        "eyJ.",
        "://",
        "://a:b@",
        "pwd",
        "token=",
        "password:\"",
        "wx",
        "AKIA",
        ":AA",
        "IBAAKBgQ",
        "MIIBAAKBgQ",
        "bearer ",
        "T3BlbkFJ",
        "sk-",
        "中token=文",
        ".apps.googleusercontent.com",
        "\\\"secret\\\":\\\"",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let hits = secret_scanner().scan(&text, Some("password"));
        assert!(hits.len() <= HITS_MAX + 1);
        for hit in hits {
            assert!(text.get(hit.range).is_some());
        }
    }
}

#[test]
fn the_table_is_whole() {
    for kind in secret_kinds() {
        assert!(!kind.zh.is_empty() && !kind.en.is_empty(), "{kind:?}");
        if let Some(partner) = kind.partner {
            assert!(secret_kind(partner).is_some(), "{kind:?}");
        }
    }
    assert!(secret_kinds().count() > 80);
}
