print("hyperstep-collector")
