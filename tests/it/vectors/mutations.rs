//! Deliberately broken servers and clients, each caught by name.
