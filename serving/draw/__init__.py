"""The drawing page: a canvas, what the model takes the drawing for while it grows, and the word that puts it right.

draw.js puts the others together: canvas.js keeps the strokes, bitmap.js makes them as small as the training's bitmaps,
asking.js asks. What is answered on the way is a draft, which no log knows; a drawing that is finished, since somebody
spoke of it or began another, is asked once more and logged as any other question.
"""
