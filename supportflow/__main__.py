from supportflow.cli import main

main()
