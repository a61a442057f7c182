/// FNV-1a of a key of a lexicon: what the build script puts it in its place by, and the program looks for it by.
const fn lexicon_hash(key: &[u8]) -> u32 {
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < key.len() {
        hash = (hash ^ key[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
