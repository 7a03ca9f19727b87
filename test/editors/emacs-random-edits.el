;;; emacs-random-edits.el --- Edit at random, then compare  -*- lexical-binding: t; -*-

;; For `emacs --batch': visits the file that is named last on the command line, edits
;; it at random while the server answers, and prints what differs in the end between
;; the buffer and what the server has of it.

;;; Code:

(require 'nbls)

(defun edits-place ()
  "A random position."
  (+ (point-min) (random (1+ (buffer-size)))))

(defun edits-edit ()
  "Make one random edit."
  (goto-char (edits-place))
  (pcase (random 8)
    (0 (insert "x = 1\n"))
    (1 (beginning-of-line) (insert "# %% new\ny = \"🐍é\"\n"))
    (2 (delete-region (point) (min (point-max) (+ (point) (random 40)))))
    (3 (let ((cell (nth (random (max 1 (length nbls--cells))) nbls--cells)))
         (when cell
           (goto-char (overlay-start (nbls--cell-label cell)))
           (nbls-mark-cell)
           (kill-region (region-beginning) (region-end))
           (goto-char (edits-place))
           (beginning-of-line)
           (yank))))
    (4 (undo-boundary) (ignore-errors (undo)))
    (5 (insert "a"))
    (6 (let ((here (point))) (goto-char (edits-place)) (transpose-regions here here (point) (point))))
    (7 (goto-char (point-min)) (while (re-search-forward "x" nil t (1+ (random 3))) (replace-match "zz")))))

(defun edits-place-of (cell)
  "Where CELL is drawn: the line of its label, and that of its output."
  (mapcar (lambda (overlay) (1- (line-number-at-pos (overlay-start overlay))))
          (list (nbls--cell-label cell) (nbls--cell-output cell))))

(defun edits-place-told (cell)
  "Where CELL is as the server says, like `edits-place-of'."
  (let* ((body (plist-get cell :bodyRange))
         (line (plist-get (plist-get (plist-get cell :range) :start) :line)))
    (list line (if (equal (plist-get body :start) (plist-get body :end)) line
                 (plist-get (plist-get body :end) :line)))))

(defun edits-settle ()
  "Wait until the server has nothing more to say."
  (nbls--flush)
  ;; What was said before this answer has come with it; what it led to has then, too.
  (dotimes (_ 3) (nbls--ask-now nbls--server :nbls/cells (list :textDocument (list :uri nbls--uri)))
           (while (accept-process-output nil 0.02))))

(let ((file (car (last command-line-args-left))))
  (random "the same each time")
  (find-file file)
  (nbls-mode)
  (while (not nbls--cells) (accept-process-output nil 0.01))
  (buffer-enable-undo)
  (dotimes (round 400)
    (edits-edit)
    (when (= 0 (random 3)) (nbls--flush))
    (when (= 0 (random 3)) (accept-process-output nil 0.002))
    (when (= 0 (% round 100)) (edits-settle)))
  (edits-settle)
  (let* ((answer (nbls--ask-now nbls--server :nbls/cells (list :textDocument (list :uri nbls--uri))))
         (told (append (plist-get answer :cells) nil)))
    (princ (format "%d cells\n" (length told)))
    (unless (equal (mapcar (lambda (cell) (plist-get cell :id)) told) (mapcar #'nbls--cell-id nbls--cells))
      (princ "other cells, or another order\n"))
    (cl-loop for cell in nbls--cells for expected in told
             unless (equal (edits-place-of cell) (edits-place-told expected))
             do (princ (format "%s is drawn at %S and stands at %S\n" (nbls--cell-id cell)
                               (edits-place-of cell) (edits-place-told expected))))
    ;; The server writes the text that it has.
    (nbls--ask-now nbls--server :nbls/writeNotebook (list :uri nbls--uri :force t))
    (let ((text (buffer-string)))
      (with-temp-buffer
        (insert-file-contents file)
        (unless (equal (buffer-string) text) (princ "another text\n")))))
  (setq command-line-args-left nil))

;;; emacs-random-edits.el ends here
