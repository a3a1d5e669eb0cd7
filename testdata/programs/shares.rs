// 75 and 25 % of the CPU time in a generic function and in a closure. Proves that Rust's names are
// shown for people, without their hashes. Usage: shares_rust [SECONDS]
use std::hint::black_box;
use std::time::Instant;

#[inline(never)]
fn generic_three_quarters<T: Into<u64>>(start: T) -> u64 {
    spin(start.into(), 30000)
}

#[inline(always)]
fn spin(mut x: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        x ^= x << 13;
        x ^= x >> 7;
        x = black_box(x ^ (x << 17));
    }
    x
}

#[inline(never)]
fn call(f: &dyn Fn() -> u64) -> u64 {
    black_box(f())
}

fn main() {
    let seconds: f64 = std::env::args().nth(1).map_or(2.0, |s| s.parse().unwrap());
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        for _ in 0..10 {
            black_box(generic_three_quarters(88172645u32));
            call(&|| spin(black_box(88172645), 10000));
        }
    }
}
