//! Data that Menshen knows about the world, embedded as reviewable text from `models/` and read
//! when first asked for: third-party SDKs, permissions, the platform's classes, packers and
//! frameworks, ways to personal information, titles of standards. [`endpoints`] and [`secrets`]
//! classify text with such data.
//!
//! ```
//! let (sdk, _) = menshen_models::sdks().by_class("com.tencent.bugly.Bugly").unwrap();
//! assert_eq!(sdk.category, "crash_apm");
//! assert_eq!(menshen_models::permission("android.permission.CAMERA").unwrap().level, "dangerous");
//! ```

pub mod endpoints;
mod fingerprints;
mod flows;
mod frameworks;
mod packers;
mod permissions;
mod platform;
mod sdks;
pub mod secrets;
mod sensitive;
pub mod standards;
mod table;

pub use flows::{FLOWS, callback_methods};
pub use frameworks::{Framework, FrameworkMatch, Frameworks, frameworks};
pub use packers::{Packer, PackerKind, PackerMatch, Packers, packers};
pub use permissions::{Permission, is_protected_broadcast, permission, permission_names};
pub use platform::{is_platform_class, platform_supertypes};
pub use sdks::{Sdk, SdkCatalogue, sdks};
pub use sensitive::{
    SensitiveApi, SensitiveKind, information_type, information_types, sensitive_apis,
    sensitive_method, sensitive_text,
};
