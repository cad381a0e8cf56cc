//! Data that Menshen knows about the world, embedded as reviewable text from `models/` and read
//! when first asked for: third-party SDKs, permissions, the platform's classes.
//!
//! ```
//! let (sdk, _) = menshen_models::sdks().by_class("com.tencent.bugly.Bugly").unwrap();
//! assert_eq!(sdk.category, "crash_apm");
//! assert_eq!(menshen_models::permission("android.permission.CAMERA").unwrap().level, "dangerous");
//! ```

pub mod endpoints;
mod permissions;
mod platform;
mod sdks;
pub mod secrets;
pub mod standards;
mod table;

pub use permissions::{Permission, is_protected_broadcast, permission, permission_names};
pub use platform::{is_platform_class, platform_supertypes};
pub use sdks::{Sdk, SdkCatalogue, sdks};
