//! The command line of the client's fixture.
