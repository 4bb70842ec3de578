//! Numbers as one process tells them to another: words of 64 bits, bit for bit.

/// What is said.
#[derive(Default)]
pub(super) struct Words(pub Vec<u64>);

impl Words {
    pub fn word(&mut self, word: u64) {
        self.0.push(word);
    }

    pub fn count(&mut self, count: usize) {
        self.0.push(count as u64);
    }

    /// As many numbers as the hearer expects.
    pub fn numbers(&mut self, numbers: &[f64]) {
        self.0.extend(numbers.iter().map(|v| v.to_bits()));
    }

    /// Any number of words, and how many there are.
    pub fn list(&mut self, words: impl ExactSizeIterator<Item = u64>) {
        self.count(words.len());
        self.0.extend(words);
    }

    /// Any number of numbers, and how many there are.
    pub fn all(&mut self, numbers: &[f64]) {
        self.list(numbers.iter().map(|v| v.to_bits()));
    }
}

/// What is heard, in the order in which it was said.
pub(super) struct Heard<'a>(pub &'a [u64]);

impl<'a> Heard<'a> {
    fn next(&mut self, count: usize) -> &'a [u64] {
        let (next, rest) = self.0.split_at(count);
        self.0 = rest;
        next
    }

    pub fn skip(&mut self, count: usize) {
        self.next(count);
    }

    pub fn word(&mut self) -> u64 {
        self.next(1)[0]
    }

    pub fn count(&mut self) -> usize {
        self.word() as usize
    }

    pub fn number(&mut self) -> f64 {
        f64::from_bits(self.word())
    }

    pub fn pair(&mut self) -> [f64; 2] {
        [self.number(), self.number()]
    }

    pub fn numbers(&mut self, count: usize) -> impl ExactSizeIterator<Item = f64> + use<'a> {
        self.next(count).iter().map(|&word| f64::from_bits(word))
    }

    pub fn list(&mut self) -> &'a [u64] {
        let count = self.count();
        self.next(count)
    }

    pub fn all(&mut self) -> Vec<f64> {
        let count = self.count();
        self.numbers(count).collect()
    }
}
