"""Networks of layers on the engine: tables of well-known ones, files of weights, ONNX graphs."""
