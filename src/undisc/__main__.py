from undisc.cli.start import run

run()
