//! The compiled resource table, resources.arsc.
