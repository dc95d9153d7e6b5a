//! Lines of a file, counted alike however they end: the reader of CSV counts another way for each kind of end.

/// The lines up to a place.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Counted so far.
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line of what comes first at this place or after it, from 1. Places have to be asked for in their order.
    pub(super) fn of(&mut self, place: u64) -> u64 {
        let place = usize::try_from(place).map_or(self.bytes.len(), |place| place.min(self.bytes.len()));
        // The end of the line before, or lines with nothing on them.
        let ends = self.bytes[place..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        while self.at < place + ends {
            let is_end = match self.bytes[self.at] {
                b'\n' => true,
                b'\r' => self.bytes.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(is_end);
            self.at += 1;
        }
        self.line
    }
}
