/** Sizes, batches or weights that do not fit the model; the message names them and the fix. */
export class ModelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelError';
  }
}
