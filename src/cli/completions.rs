use crate::app::App;
use crate::error::Result;
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal completions bash > ~/.local/share/bash-completion/completions/journal
  journal completions zsh > ~/.zfunc/_journal
  journal completions fish > ~/.config/fish/completions/journal.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, app: &mut App) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "journal", &mut script);
    app.printer.raw(&String::from_utf8_lossy(&script))
}
