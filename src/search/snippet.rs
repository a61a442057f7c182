//! The parts of a text that show why it was found.
