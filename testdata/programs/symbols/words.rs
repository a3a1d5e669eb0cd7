// Rust that makes symbols hard: closures, generics, traits, iterator chains that are inlined many
// levels deep. For report/test/symbol_agreement_test.c.
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

trait Weigh {
    fn weigh(&self) -> u64;
}

struct Word<'a>(&'a str);

impl<'a> Weigh for Word<'a> {
    fn weigh(&self) -> u64 {
        self.0.bytes().map(u64::from).fold(7, |h, b| h.wrapping_mul(31) ^ b)
    }
}

impl Weigh for u64 {
    #[inline(never)]
    fn weigh(&self) -> u64 {
        self.rotate_left(9)
    }
}

#[inline(never)]
fn total<T: Weigh>(items: &[T]) -> u64 {
    items.iter().map(|w| w.weigh()).filter(|w| w % 3 != 0).sum::<u64>() % 1_000_003
}

#[inline(never)]
fn count(text: &str) -> BTreeMap<String, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    counts.into_iter().map(|(w, n)| (w.to_lowercase(), n)).collect()
}

fn main() {
    let text = std::env::args().collect::<Vec<_>>().join(" ") + " the fox the dog a fox";
    let counts = count(&text);
    let words: Vec<Word> = counts.keys().map(|k| Word(k)).collect();
    let mut out = String::new();
    for (word, n) in &counts {
        writeln!(out, "{word:>10} {n:04}").unwrap();
    }
    let mut numbers: Vec<u64> = (0..1000u64).map(|n| n.weigh() ^ n).collect();
    numbers.sort_by_key(|n| std::cmp::Reverse(n % 97));
    println!("{out}{} {}", total(&words), total(&numbers));
}
