//! Human, JSON and Markdown views of what the rooms answer; styles and progress.
