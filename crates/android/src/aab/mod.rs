//! Protobuf manifest and resource table of an app bundle.
