#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = bauta_fuzz::client_hello::run(data);
});
