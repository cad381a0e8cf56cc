//! Makes small signed packages by hand: zip, certificates, signing block, JAR signature, idsig.
//!
//! Written from the formats' specifications, apart from the code under test: digests and
//! lengths are computed here in the plainest way. Keys are P-256, so that signatures are the
//! same in every run.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use sha2::{Digest, Sha256};

pub(crate) const V2: u32 = 0x7109_871a;
pub(crate) const V3: u32 = 0xf053_68c0;
pub(crate) const V31: u32 = 0x1b93_ad61;
pub(crate) const STAMP: u32 = 0x6dff_800d;
pub(crate) const ECDSA_SHA256: u32 = 0x0201;
pub(crate) const STRIPPING_PROTECTION: u32 = 0xbeef_f00d;
pub(crate) const PROOF_OF_ROTATION: u32 = 0x3ba0_6f8c;
pub(crate) const ROTATION_LEVEL: u32 = 0x559f_8b02;
pub(crate) const LEVEL_MAX: u32 = i32::MAX as u32;

pub(crate) struct Key {
    pub(crate) signing: SigningKey,
    pub(crate) certificate: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    issuer: Vec<u8>,
}

pub(crate) fn key(number: u8) -> Key {
    let signing = SigningKey::from_slice(&[number; 32]).unwrap();
    let point = signing.verifying_key().to_sec1_point(false);
    let algorithm = tlv(0x30, &[EC_KEY, P256].concat());
    let spki = tlv(0x30, &[algorithm, tlv(3, &[&[0], point.as_bytes()].concat())].concat());
    let name = format!("key {number}");
    let part = tlv(0x30, &[&b"\x06\x03\x55\x04\x03"[..], &tlv(0x0c, name.as_bytes())].concat());
    let issuer = tlv(0x30, &tlv(0x31, &part));
    let validity = [tlv(0x17, b"200101000000Z"), tlv(0x18, b"20600101000000Z")].concat();
    let fields = [
        tlv(0xa0, b"\x02\x01\x02"),
        tlv(2, &[number]),
        tlv(0x30, ECDSA_WITH_SHA256),
        issuer.clone(),
        tlv(0x30, &validity),
        issuer.clone(),
        spki.clone(),
    ];
    let signed = tlv(0x30, &fields.concat());
    let signature = sign(&signing, &signed);
    let signature = tlv(3, &[&[0], signature.as_slice()].concat());
    let certificate = tlv(0x30, &[signed, tlv(0x30, ECDSA_WITH_SHA256), signature].concat());
    Key { signing, certificate, spki, issuer }
}

const EC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const ECDSA_WITH_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const SHA256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..=127 => vec![short as u8],
        long => [&[0x82][..], &(long as u16).to_be_bytes()].concat(),
    };
    [&[tag][..], &length, content].concat()
}

pub(crate) fn sign(key: &SigningKey, data: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(data);
    signature.as_bytes().to_vec()
}

/// A u32 length and the bytes.
pub(crate) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_le_bytes(), bytes].concat()
}

/// `u32 id, u32 length, bytes`, prefixed.
fn id_and_bytes(id: u32, bytes: &[u8]) -> Vec<u8> {
    prefixed(&[&id.to_le_bytes()[..], &prefixed(bytes)].concat())
}

/// A zip file of stored entries in its three parts.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) before: Vec<u8>,
    pub(crate) directory: Vec<u8>,
    pub(crate) entries: u16,
    pub(crate) blocks: Vec<(u32, Vec<u8>)>,
}

pub(crate) fn package(files: &[(&str, &[u8])]) -> Package {
    let (mut before, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in files {
        let offset = before.len() as u32;
        let size = (data.len() as u32).to_le_bytes();
        let common = [
            &[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0][..],
            &size,
            &size,
            &(name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        before.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), data].concat());
        let tail = [&[0; 10][..], &offset.to_le_bytes(), name.as_bytes()].concat();
        directory.extend([b"PK\x01\x02\x0a\x00", common.as_slice(), &tail].concat());
    }
    Package { before, directory, entries: files.len() as u16, blocks: Vec::new() }
}

impl Package {
    fn end(&self, directory_offset: usize) -> Vec<u8> {
        let count = self.entries.to_le_bytes();
        let size = (self.directory.len() as u32).to_le_bytes();
        let offset = (directory_offset as u32).to_le_bytes();
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &offset, &[0, 0]].concat()
    }

    /// The chunked SHA-256 digest of everything but the signing block.
    pub(crate) fn content_digest(&self) -> Vec<u8> {
        let end = self.end(self.before.len());
        let mut digests = Vec::new();
        for part in [&self.before, &self.directory, &end] {
            for chunk in part.chunks(1 << 20) {
                let head = [&[0xa5][..], &(chunk.len() as u32).to_le_bytes()].concat();
                digests.push(Sha256::digest([&head, chunk].concat()));
            }
        }
        let head = [&[0x5a][..], &(digests.len() as u32).to_le_bytes()].concat();
        Sha256::digest([head, digests.concat()].concat()).to_vec()
    }

    pub(crate) fn with_block(mut self, id: u32, value: Vec<u8>) -> Self {
        self.blocks.push((id, value));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut pairs = Vec::new();
        for (id, value) in &self.blocks {
            pairs.extend((value.len() as u64 + 4).to_le_bytes());
            pairs.extend(id.to_le_bytes());
            pairs.extend(value);
        }
        let mut block = Vec::new();
        if !self.blocks.is_empty() {
            let size = (pairs.len() as u64 + 24).to_le_bytes();
            block = [&size[..], &pairs, &size, b"APK Sig Block 42"].concat();
        }
        let end = self.end(self.before.len() + block.len());
        [&self.before[..], &block, &self.directory, &end].concat()
    }
}

/// A signer of v2, v3 or v3.1; fields that tests make wrong are separate.
#[derive(Clone)]
pub(crate) struct Spec<'k> {
    pub(crate) key: &'k Key,
    /// Levels in the record and in what is signed; `None` for v2.
    pub(crate) levels: Option<((u32, u32), (u32, u32))>,
    pub(crate) signature_ids: Vec<u32>,
    pub(crate) digest_ids: Vec<u32>,
    pub(crate) digest: Vec<u8>,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) attributes: Vec<(u32, Vec<u8>)>,
}

impl<'k> Spec<'k> {
    pub(crate) fn new(key: &'k Key, package: &Package) -> Self {
        Self {
            key,
            levels: None,
            signature_ids: vec![ECDSA_SHA256],
            digest_ids: vec![ECDSA_SHA256],
            digest: package.content_digest(),
            certificates: vec![key.certificate.clone()],
            attributes: Vec::new(),
        }
    }

    pub(crate) fn levels(mut self, min: u32, max: u32) -> Self {
        self.levels = Some(((min, max), (min, max)));
        self
    }

    pub(crate) fn attribute(mut self, id: u32, value: &[u8]) -> Self {
        self.attributes.push((id, value.to_vec()));
        self
    }

    fn encode(&self) -> Vec<u8> {
        let range = |(min, max): (u32, u32)| [min.to_le_bytes(), max.to_le_bytes()].concat();
        let (own, signed) =
            self.levels.map_or_else(Default::default, |(a, b)| (range(a), range(b)));
        let digests: Vec<u8> =
            self.digest_ids.iter().flat_map(|id| id_and_bytes(*id, &self.digest)).collect();
        let certificates: Vec<u8> = self.certificates.iter().flat_map(|c| prefixed(c)).collect();
        let attributes: Vec<u8> = self
            .attributes
            .iter()
            .flat_map(|(id, value)| prefixed(&[&id.to_le_bytes()[..], value].concat()))
            .collect();
        let data = [prefixed(&digests), prefixed(&certificates), signed, prefixed(&attributes)];
        let data = data.concat();
        let signature = sign(&self.key.signing, &data);
        let signatures: Vec<u8> =
            self.signature_ids.iter().flat_map(|id| id_and_bytes(*id, &signature)).collect();
        let record = [prefixed(&data), own, prefixed(&signatures), prefixed(&self.key.spki)];
        prefixed(&record.concat())
    }
}

/// The value of a scheme's entry in the signing block.
pub(crate) fn block(signers: &[Spec<'_>]) -> Vec<u8> {
    prefixed(&signers.iter().flat_map(Spec::encode).collect::<Vec<u8>>())
}

/// A record of rotation over these keys, oldest first.
pub(crate) fn lineage(keys: &[&Key]) -> Vec<u8> {
    let mut value = 1u32.to_le_bytes().to_vec();
    for (index, key) in keys.iter().enumerate() {
        let own: u32 = if index == 0 { 0 } else { ECDSA_SHA256 };
        let next: u32 = if index + 1 == keys.len() { 0 } else { ECDSA_SHA256 };
        let signed = [prefixed(&key.certificate), own.to_le_bytes().to_vec()].concat();
        let parent = index.checked_sub(1).map(|at| keys[at]);
        let signature = parent.map(|parent| sign(&parent.signing, &signed)).unwrap_or_default();
        let capabilities = 23u32.to_le_bytes();
        let tail = [&capabilities[..], &next.to_le_bytes(), &prefixed(&signature)].concat();
        value.extend(prefixed(&[prefixed(&signed), tail].concat()));
    }
    value
}

/// `MANIFEST.MF`, `.SF` and `.EC` for these files; `schemes` goes into the `.SF` file.
pub(crate) fn jar_signature(
    key: &Key,
    files: &[(&str, &[u8])],
    schemes: Option<&str>,
) -> [(&'static str, Vec<u8>); 3] {
    let mut manifest = String::from("Manifest-Version: 1.0\r\n\r\n");
    let mut sections = String::new();
    for (name, data) in files {
        let digest = base64(&Sha256::digest(data));
        let section = format!("Name: {name}\r\nSHA-256-Digest: {digest}\r\n\r\n");
        let digest = base64(&Sha256::digest(&section));
        sections += &format!("Name: {name}\r\nSHA-256-Digest: {digest}\r\n\r\n");
        manifest += &section;
    }
    let digest = base64(&Sha256::digest(&manifest));
    let mut head = format!("Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: {digest}\r\n");
    if let Some(schemes) = schemes {
        head += &format!("X-Android-APK-Signed: {schemes}\r\n");
    }
    let file = format!("{head}\r\n{sections}");
    let block = pkcs7(key, file.as_bytes());
    [
        ("META-INF/MANIFEST.MF", manifest.into_bytes()),
        ("META-INF/CERT.SF", file.into_bytes()),
        ("META-INF/CERT.EC", block),
    ]
}

fn pkcs7(key: &Key, signed: &[u8]) -> Vec<u8> {
    let integer = tlv(2, &[1]);
    let hash = tlv(0x30, SHA256);
    let data = tlv(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
    let signer = [
        integer.clone(),
        tlv(0x30, &[key.issuer.clone(), tlv(2, &[key_number(key)])].concat()),
        hash.clone(),
        tlv(0x30, EC_KEY),
        tlv(4, &sign(&key.signing, signed)),
    ];
    let fields = [
        integer,
        tlv(0x31, &hash),
        data,
        tlv(0xa0, &key.certificate),
        tlv(0x31, &tlv(0x30, &signer.concat())),
    ];
    let signed_data = tlv(0xa0, &tlv(0x30, &fields.concat()));
    let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    tlv(0x30, &[&oid[..], &signed_data].concat())
}

fn key_number(key: &Key) -> u8 {
    key.signing.to_bytes()[0]
}

fn base64(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut padded = [0; 4];
        padded[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(padded);
        for index in 0..4 {
            let symbol = SYMBOLS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= three.len() { symbol.into() } else { '=' });
        }
    }
    text
}

/// An `.idsig` file without a tree. Only for packages of one page.
pub(crate) fn idsig(key: &Key, package: &[u8], content_digest: &[u8]) -> Vec<u8> {
    let page = |bytes: &[u8]| {
        let mut page = bytes.to_vec();
        page.resize(4096, 0);
        Sha256::digest(page)
    };
    let leaves: Vec<u8> = package.chunks(4096).flat_map(page).collect();
    assert!(leaves.len() <= 4096);
    let root = page(&leaves);
    let hashing = [&1u32.to_le_bytes()[..], &[12], &prefixed(b""), &prefixed(&root)].concat();
    let signed_fields =
        [prefixed(content_digest), prefixed(&key.certificate), prefixed(b"")].concat();
    let body = [&(package.len() as u64).to_le_bytes()[..], &hashing, &signed_fields].concat();
    let signed = [&(body.len() as u32 + 4).to_le_bytes()[..], &body].concat();
    let signature = prefixed(&sign(&key.signing, &signed));
    let info = [&signed_fields[..], &prefixed(&key.spki), &ECDSA_SHA256.to_le_bytes(), &signature]
        .concat();
    [&2u32.to_le_bytes()[..], &prefixed(&hashing), &prefixed(&info)].concat()
}

/// A source stamp of the second version over the content digests of these schemes.
pub(crate) fn stamp(key: &Key, schemes: &[(u32, &[u8])]) -> Vec<u8> {
    let signatures = |data: &[u8]| prefixed(&id_and_bytes(ECDSA_SHA256, &sign(&key.signing, data)));
    let mut list = Vec::new();
    for (scheme, digest) in schemes {
        let chunked_sha256 = 1;
        let record =
            [&scheme.to_le_bytes()[..], &signatures(&id_and_bytes(chunked_sha256, digest))];
        list.extend(prefixed(&record.concat()));
    }
    let time = [&0xe43c_5946_u32.to_le_bytes()[..], &1_700_000_000_u64.to_le_bytes()].concat();
    let attributes = prefixed(&prefixed(&time));
    let tail = [prefixed(&attributes), signatures(&attributes)].concat();
    prefixed(&[prefixed(&key.certificate), prefixed(&list), tail].concat())
}
