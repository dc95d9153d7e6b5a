//! What is no HTTP, or hardly.

use super::Source;
use crate::requests::wire::Wire;

impl Source {
    /// Has a request be no HTTP, or hardly.
    pub(super) fn break_http(&mut self, wire: &mut Wire) {
        let long = "x".repeat(1 + self.random.below(20_000));
        match self.random.below(12) {
            0 => {
                wire.method =
                    (*self.random.one_of(&["PATCH", "TRACE", "CONNECT", "get", "PROPFIND", "", "G\0T"])).to_owned()
            }
            1 => wire.target.extend_from_slice(
                self.random.one_of::<&[u8]>(&[b"%zz", b"%ff", b"%c0%af", b"//", b"/../..", b"\xff", b" x"]),
            ),
            2 => wire.target.extend_from_slice(long.as_bytes()),
            3 => wire.headers.push(("bad name".to_owned(), b"x".to_vec())),
            4 => wire.headers.push(("x".to_owned(), b"a\x00b\x7f".to_vec())),
            5 => wire.headers.push(("x-long".to_owned(), long.into_bytes())),
            6 => wire.headers.extend((0..200).map(|number| (format!("x-{number}"), b"y".to_vec()))),
            7 => wire.framing = Some(b"content-length: 999999\r\n".to_vec()),
            8 => wire.framing = Some(b"content-length: 1\r\ncontent-length: 2\r\n".to_vec()),
            9 => wire.framing = Some(b"content-length: -1\r\n".to_vec()),
            10 => wire.framing = Some(b"transfer-encoding: chunked\r\n".to_vec()),
            _ => wire.version = *self.random.one_of(&["HTTP/1.0", "HTTP/9.9", "HTTP/2.0", "x"]),
        }
    }
}
