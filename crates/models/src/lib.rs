//! Data that Menshen knows about the world: SDKs, permissions, sensitive APIs, packers, the platform hierarchy.
