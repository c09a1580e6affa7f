print("test-trainer")
