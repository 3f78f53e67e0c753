from undisc.cli.main import run

run()
