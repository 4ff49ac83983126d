"""A month of traffic in minutes, by simulated people whom no model has seen: what the watching finds, and when.

scenes.py says what may happen to the traffic → traffic.py lets people come and the model in Production answer them, as
the prediction log has it → looks.py looks at it as `signloop watch` does → showing.py counts over seeds and prints.
healing/ plays one shift to its end: corrections, a retraining that the drift calls for, and what is served afterwards.
Nothing is tuned on the seeds that are reported: TUNING is for that.
"""
