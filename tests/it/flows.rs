//! The four flows from the vendor's own example to a person who can sign in.

mod answers;
mod kare;
mod muninx;
mod nexus;
mod unleash;
