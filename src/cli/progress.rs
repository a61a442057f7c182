//! Progress on a terminal, silence elsewhere.

use crate::app::App;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with a label, a count and an estimate; hidden when nobody would see it.
pub(super) fn bar(app: &App, label: &str, total: u64) -> ProgressBar {
    if app.printer.draws_progress() { visible(label, total) } else { ProgressBar::hidden() }
}

/// A bar on standard error.
pub(super) fn visible(label: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:<14} {wide_bar} {human_pos}/{human_len}  {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(label.to_string());
    bar
}
