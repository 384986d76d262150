"""Launch, repository and edit buttons: all of them when the book has a public address, none before."""


def switch_buttons(app, config):
    """Follow ``repository.url`` of _config.yml, the only line to set."""
    options = config.html_theme_options
    address = options.get("repository_url", "")
    options["use_repository_button"] = options["use_edit_page_button"] = bool(address)
    if not address:
        options["launch_buttons"] = {}
    elif "github.com" not in address:
        del options["launch_buttons"]["colab_url"]  # Colab opens notebooks from GitHub alone, and the theme warns
