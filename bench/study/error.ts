import { MendableError } from '../commands/mendable.ts';

export class StudyError extends MendableError {
  override readonly name: string = 'StudyError';
}
