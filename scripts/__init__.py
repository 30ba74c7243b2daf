"""Commands of the project; a package, so that tests and benches find each other by one name."""
