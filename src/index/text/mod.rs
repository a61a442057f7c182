//! The text index: which entries hold these words, in what order.
