"""The explorer: a page on this machine on which one turns knobs and watches paths. `thalweg explore` opens it."""
