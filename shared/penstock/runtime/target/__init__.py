"""The source file that functions-framework loads for `penstock serve`; alone in its folder, which it adds to
sys.path."""
